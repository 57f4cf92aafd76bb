//! The window: Bevy's event loop around the panels, and what they ask for done.

mod able;
mod frames;
mod open;
mod waker;

pub use able::missing;
pub use open::Opened;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bevy::prelude::*;
use bevy::window::{PresentMode, WindowCloseRequested, WindowResolution};
use bevy::winit::{EventLoopProxyWrapper, UpdateMode, WinitSettings, WinitUserEvent};
use bevy_egui::{EguiContexts, EguiInput, EguiPlugin, EguiPreUpdateSet, EguiPrimaryContextPass};

use crate::ui::seen::Seen;
use crate::ui::{self, theme};

/// Without any news, a frame so often all the same.
const REST: Duration = Duration::from_secs(60);

/// Somebody outside wants the program to end.
#[derive(Resource)]
struct Stop(Arc<AtomicBool>);

/// Open the window on a set, and stay until it is closed, or told to end by `stop`; `tell` says at the end
/// how much processor time the frames took.
pub fn run(mut opened: Opened, stop: Arc<AtomicBool>, tell: bool) {
    let window = Window {
        title: format!("{} — Hardcore", opened.title()),
        name: Some("hardcore".to_owned()),
        resolution: WindowResolution::new(1280, 800),
        present_mode: PresentMode::AutoVsync,
        ..default()
    };
    let mut app = App::new();
    app.add_plugins(DefaultPlugins.set(WindowPlugin {
        primary_window: Some(window),
        // Unsaved changes are asked about first.
        close_when_requested: false,
        ..default()
    }))
    .add_plugins(EguiPlugin::default())
    // Who has news wakes the window.
    .insert_resource(WinitSettings {
        focused_mode: UpdateMode::reactive(REST),
        unfocused_mode: UpdateMode::reactive_low_power(REST),
    })
    .insert_resource(ClearColor(Color::srgb_u8(0x0D, 0x0E, 0x11)))
    .insert_resource(Stop(stop))
    .add_systems(Startup, camera)
    .add_systems(
        PreUpdate,
        calm.after(EguiPreUpdateSet::ProcessInput).before(EguiPreUpdateSet::BeginPass),
    )
    .add_systems(First, |mut opened: ResMut<Opened>| opened.hear())
    .add_systems(EguiPrimaryContextPass, show)
    .add_systems(Last, (|mut opened: ResMut<Opened>| opened.act(), close, title).chain());
    frames::measure(&mut app);
    let proxy = (**app.world().resource::<EventLoopProxyWrapper>()).clone();
    // It fails when the event loop is over, and then nobody sleeps.
    opened.wake_by(move || _ = proxy.send_event(WinitUserEvent::WakeUp));
    app.insert_resource(opened);
    if tell {
        app.add_systems(Last, tell_frames.after(close));
    }
    app.run();
}

/// Closes the window when that is wanted and nothing is lost by it.
fn close(
    mut wanted: MessageReader<WindowCloseRequested>,
    mut opened: ResMut<Opened>,
    stop: Res<Stop>,
    mut exit: MessageWriter<AppExit>,
) {
    if wanted.read().count() > 0 {
        opened.close();
    }
    if opened.is_over() || stop.0.load(Ordering::Relaxed) {
        exit.write(AppExit::Success);
    }
}

/// Says how the frames were, when there are no more.
fn tell_frames(exits: MessageReader<AppExit>, frames: Res<frames::Frames>) {
    if !exits.is_empty() {
        println!("{}", *frames);
    }
}

/// Another project may be open now, or have another name.
fn title(opened: Res<Opened>, mut windows: Query<&mut Window>) {
    let title = format!("{} — Hardcore", opened.title());
    for mut window in &mut windows {
        if window.title != title {
            window.title.clone_from(&title);
        }
    }
}

fn camera(mut commands: Commands) {
    commands.spawn((Camera2d, Msaa::Off));
}

/// Modifiers are told anew with every frame, which would make every frame ask for another.
fn calm(mut inputs: Query<&mut EguiInput>, mut last: Local<egui::Modifiers>) {
    for mut input in &mut inputs {
        let mut now = *last;
        input.events.retain(|event| match event {
            egui::Event::ModifiersChanged(modifiers) => {
                let new = *modifiers != now;
                now = *modifiers;
                new
            }
            _ => true,
        });
        *last = now;
    }
}

fn show(
    mut contexts: EguiContexts,
    mut opened: ResMut<Opened>,
    mut dressed: Local<bool>,
) -> Result {
    let ctx = contexts.ctx_mut()?.clone();
    if !std::mem::replace(&mut *dressed, true) {
        theme::install(&ctx);
        // Fonts count from the next pass on.
        ctx.request_repaint();
        return Ok(());
    }
    if ctx.zoom_factor() != opened.scale() {
        ctx.set_zoom_factor(opened.scale());
    }
    let builder = egui::UiBuilder::new().layer_id(egui::LayerId::background());
    let room = builder.max_rect(ctx.viewport_rect());
    let mut root = egui::Ui::new(ctx.clone(), "root".into(), room);
    opened.show(|seen: &Seen, state, asks| ui::show(&mut root, seen, state, asks));
    // While it plays there is always something new to see; what was just done may have an aftermath,
    // such as a file that is written.
    if opened.runs() {
        ctx.request_repaint();
    } else if opened.is_busy() {
        ctx.request_repaint_after(Duration::from_millis(100));
    }
    Ok(())
}
