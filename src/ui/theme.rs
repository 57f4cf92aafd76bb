//! The look: colours, type and measures, in one place.
//!
//! The music is the brightest thing: [`PLAY`], [`QUEUE`], [`RECORD`] and [`SELECT`] stand for playing,
//! queued, recording and selected, and for nothing else.

use std::sync::Arc;

use egui::epaint::text::FontTweak;
use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{
    Align2, Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Painter,
    Pos2, Stroke, Style, TextStyle, Visuals,
};

/// Behind everything.
pub const BACKGROUND: Color32 = Color32::from_rgb(0x0D, 0x0E, 0x11);
/// Panels.
pub const PANEL: Color32 = Color32::from_rgb(0x14, 0x16, 0x1B);
/// What lies on a panel: cards, buttons, fields.
pub const RAISED: Color32 = Color32::from_rgb(0x1B, 0x1E, 0x25);
/// A raised thing under the pointer.
pub const HOVER: Color32 = Color32::from_rgb(0x24, 0x28, 0x31);
/// Lines between things.
pub const LINE: Color32 = Color32::from_rgb(0x26, 0x2A, 0x33);
/// Text.
pub const TEXT: Color32 = Color32::from_rgb(0xD9, 0xDC, 0xE3);
/// Text of less weight; still 4.5:1 on every ground here.
pub const DIM: Color32 = Color32::from_rgb(0x9A, 0xA0, 0xAE);
/// Marks that are no text.
pub const FAINT: Color32 = Color32::from_rgb(0x74, 0x7B, 0x8A);
/// Playing.
pub const PLAY: Color32 = Color32::from_rgb(0xB8, 0xFF, 0x3D);
/// Queued.
pub const QUEUE: Color32 = Color32::from_rgb(0xFF, 0xB0, 0x20);
/// Recording, and armed to.
pub const RECORD: Color32 = Color32::from_rgb(0xFF, 0x3B, 0x4E);
/// Selected, and the keyboard's focus.
pub const SELECT: Color32 = Color32::from_rgb(0x4C, 0xC9, 0xFF);
/// A warning.
pub const WARN: Color32 = Color32::from_rgb(0xFF, 0x8A, 0x3D);
/// Solo.
pub const SOLO: Color32 = Color32::from_rgb(0x7C, 0x8C, 0xFF);
/// Muted: a lit grey.
pub const MUTE: Color32 = Color32::from_rgb(0xC9, 0xCD, 0xD6);

/// Colours of tracks, clips and scenes, by their number: nine, then the same darker.
pub const PALETTE: [Color32; 18] = [
    Color32::from_rgb(0xFF, 0x4D, 0x5E),
    Color32::from_rgb(0xFF, 0x8A, 0x3D),
    Color32::from_rgb(0xFF, 0xC5, 0x3D),
    Color32::from_rgb(0x8D, 0xDB, 0x3F),
    Color32::from_rgb(0x31, 0xD0, 0xA0),
    Color32::from_rgb(0x38, 0xB6, 0xFF),
    Color32::from_rgb(0x7C, 0x8C, 0xFF),
    Color32::from_rgb(0xC7, 0x7D, 0xFF),
    Color32::from_rgb(0xFF, 0x6E, 0xC7),
    Color32::from_rgb(0xB3, 0x36, 0x42),
    Color32::from_rgb(0xB3, 0x61, 0x2B),
    Color32::from_rgb(0xB3, 0x8A, 0x2B),
    Color32::from_rgb(0x63, 0x99, 0x2C),
    Color32::from_rgb(0x22, 0x92, 0x70),
    Color32::from_rgb(0x27, 0x7F, 0xB3),
    Color32::from_rgb(0x57, 0x62, 0xB3),
    Color32::from_rgb(0x8B, 0x58, 0xB3),
    Color32::from_rgb(0xB3, 0x4D, 0x8B),
];

/// The colour of this number; numbers beyond the palette begin again.
pub fn track_color(number: u8) -> Color32 {
    PALETTE[usize::from(number) % PALETTE.len()]
}

/// `color` laid over `ground` at a share (0..=1).
pub fn over(ground: Color32, color: Color32, share: f32) -> Color32 {
    let mix = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share).round() as u8;
    Color32::from_rgb(
        mix(ground.r(), color.r()),
        mix(ground.g(), color.g()),
        mix(ground.b(), color.b()),
    )
}

/// Corners of cells and buttons, points.
pub const RADIUS: u8 = 3;
/// Corners of cards, points.
pub const CARD_RADIUS: u8 = 5;
/// Between cells, points.
pub const GAP: f32 = 2.0;

/// Text of the base size.
pub fn text() -> FontId {
    FontId::new(12.0, FontFamily::Proportional)
}

/// Names that are to be found quickly.
pub fn strong() -> FontId {
    FontId::new(12.0, FontFamily::Name("strong".into()))
}

/// Labels, in capitals.
pub fn label() -> FontId {
    FontId::new(10.0, FontFamily::Proportional)
}

/// Numbers, positions, dB: a fixed width, so that nothing jumps.
pub fn number() -> FontId {
    FontId::new(11.0, FontFamily::Monospace)
}

/// Lines that are written.
pub fn line() -> FontId {
    FontId::new(13.0, FontFamily::Monospace)
}

/// Position and tempo.
pub fn large_number() -> FontId {
    FontId::new(18.0, FontFamily::Monospace)
}

fn fonts() -> FontDefinitions {
    let mut all = FontDefinitions::empty();
    let files: [(&str, &[u8]); 3] = [
        ("inter", include_bytes!("../../assets/fonts/Inter-Regular.otf")),
        ("inter-strong", include_bytes!("../../assets/fonts/Inter-SemiBold.otf")),
        ("mono", include_bytes!("../../assets/fonts/JetBrainsMono-Regular.ttf")),
    ];
    for (name, bytes) in files {
        // One picture of every sign instead of four: all are at hand from the first frame on (`warm`).
        let tweak = FontTweak { subpixel_binning: Some(false), ..FontTweak::default() };
        let data = FontData::from_static(bytes).tweak(tweak);
        all.font_data.insert(name.to_owned(), Arc::new(data));
    }
    let mut family = |family: FontFamily, names: [&str; 2]| {
        all.families.insert(family, names.map(str::to_owned).to_vec());
    };
    // Each falls back on the other for signs it lacks.
    family(FontFamily::Proportional, ["inter", "mono"]);
    family(FontFamily::Monospace, ["mono", "inter"]);
    family(FontFamily::Name("strong".into()), ["inter-strong", "mono"]);
    all
}

/// Paint a text in `width` points: what is too long ends in an ellipsis.
pub fn fit(
    painter: &Painter,
    (at, align): (Pos2, Align2),
    text: &str,
    (font, color): (FontId, Color32),
    width: f32,
) {
    let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(font, color));
    job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
    let galley = painter.layout_job(job);
    painter.galley(align.anchor_size(at, galley.size()).min, galley, color);
}

/// Every sign of a plain keyboard, and those that panels use.
const SIGNS: &str = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklm\
                     nopqrstuvwxyz{|}~∞…›✓×·?●✦÷";

/// Have every common sign at hand from the first frame on: one that is drawn for the first time may be
/// missing for as long as its picture takes to the graphics card. What is laid out is remembered from
/// frame to frame, as long as it is asked for.
pub fn warm(painter: &Painter) {
    for font in [text(), strong(), label(), number(), line(), large_number()] {
        drop(painter.layout_no_wrap(SIGNS.to_owned(), font, TEXT));
    }
}

/// Give a context this look.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts());
    ctx.set_style_of(egui::Theme::Dark, style());
    ctx.set_theme(egui::Theme::Dark);
    // The size is a setting.
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
}

fn style() -> Style {
    let mut style = Style {
        text_styles: [
            (TextStyle::Heading, strong()),
            (TextStyle::Body, text()),
            (TextStyle::Button, text()),
            (TextStyle::Monospace, number()),
            (TextStyle::Small, label()),
        ]
        .into(),
        visuals: visuals(),
        ..Style::default()
    };
    style.spacing.item_spacing = egui::vec2(6.0, 4.0);
    style.spacing.button_padding = egui::vec2(8.0, 4.0);
    style.spacing.interact_size = egui::vec2(24.0, 24.0);
    style.spacing.menu_margin = egui::Margin::same(6);
    // Nothing that plays fades: what is pressed shows at once.
    style.animation_time = 0.06;
    style
}

fn visuals() -> Visuals {
    let mut v = Visuals::dark();
    v.override_text_color = Some(TEXT);
    v.weak_text_color = Some(DIM);
    v.panel_fill = PANEL;
    v.window_fill = PANEL;
    v.window_stroke = Stroke::new(1.0, LINE);
    v.window_corner_radius = CornerRadius::same(CARD_RADIUS);
    v.menu_corner_radius = CornerRadius::same(CARD_RADIUS);
    v.extreme_bg_color = BACKGROUND;
    v.faint_bg_color = RAISED;
    v.code_bg_color = RAISED;
    v.hyperlink_color = SELECT;
    v.warn_fg_color = WARN;
    v.error_fg_color = RECORD;
    v.selection.bg_fill = over(BACKGROUND, SELECT, 0.35);
    v.selection.stroke = Stroke::new(1.0, SELECT);
    v.text_cursor.stroke = Stroke::new(1.5, SELECT);
    let w = &mut v.widgets;
    for (state, ground, line) in [
        (&mut w.noninteractive, PANEL, LINE),
        (&mut w.inactive, RAISED, RAISED),
        (&mut w.hovered, HOVER, FAINT),
        (&mut w.active, LINE, TEXT),
        (&mut w.open, RAISED, LINE),
    ] {
        state.bg_fill = ground;
        state.weak_bg_fill = ground;
        state.bg_stroke = Stroke::new(1.0, line);
        state.fg_stroke = Stroke::new(1.0, TEXT);
        state.corner_radius = CornerRadius::same(RADIUS);
        state.expansion = 0.0;
    }
    v
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance and contrast as WCAG 2.2 defines them.
    fn contrast(a: Color32, b: Color32) -> f64 {
        let luminance = |c: Color32| {
            let linear = |v: u8| {
                let v = f64::from(v) / 255.0;
                if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(c.r()) + 0.7152 * linear(c.g()) + 0.0722 * linear(c.b())
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_text_is_read_on_every_ground() {
        let clips = PALETTE.map(|color| over(BACKGROUND, color, 0.25));
        for ground in [BACKGROUND, PANEL, RAISED, HOVER].into_iter().chain(clips) {
            assert!(contrast(TEXT, ground) >= 4.5, "{ground:?}");
        }
        for ground in [BACKGROUND, PANEL, RAISED, HOVER] {
            assert!(contrast(DIM, ground) >= 4.5, "{ground:?}: {}", contrast(DIM, ground));
        }
        for sign in [PLAY, QUEUE, RECORD, SELECT, SOLO, MUTE] {
            assert!(contrast(BACKGROUND, sign) >= 4.5, "{sign:?}");
        }
    }

    #[test]
    fn a_mix_goes_from_the_ground_to_the_colour() {
        assert_eq!(over(BACKGROUND, PLAY, 0.0), BACKGROUND);
        assert_eq!(over(BACKGROUND, PLAY, 1.0), PLAY);
    }
}
