//! The window's panels: each a function of what is, that asks for actions and changes nothing itself.
//!
//! | file | part |
//! |---|---|
//! | `theme` | colours, type, measures |
//! | `seen`, `ask`, `state` | what panels read, what they ask for, what belongs to the window alone |
//! | `widgets` | faders, knobs, meters, switches |
//! | `grid` | tracks, scenes, slots |
//! | `room` | what is left out where there is little room |
//! | `top` | transport, position, tempo, grid, device |
//! | `mixer` | strips under the tracks |
//! | `devices` | instrument and effects of the selected track |
//! | `presets` | menus of presets and chains |
//! | `editor` | the clip that is open, in the devices' place: notes, velocities, automation |
//! | `browser` | sounds to load, proposals |
//! | `proposals`, `jobs` | what the composer proposes, what is done in the background |
//! | `palette` | lines of actions, with completion |
//! | `piano` | the computer's keyboard as one |
//! | `stage` | the countdown of the stage view |
//! | `keys` | the table of shortcuts |
//! | `closing` | the question before changes are lost |
//! | `files` | the File menu, the panel that lists folders, the offer of unsaved work |
//! | `settings` | every setting, with its value and what it is for; devices and ports to choose from |
//! | `gear` | audio, MIDI and synth in words |
//! | `status` | what just happened, what comes next; audio, MIDI and synth at a glance |

pub mod ask;
pub mod browser;
pub mod closing;
pub mod devices;
pub mod editor;
pub mod files;
pub mod gear;
pub mod grid;
pub mod jobs;
pub mod keys;
pub mod mixer;
pub mod palette;
pub mod piano;
pub mod presets;
pub mod proposals;
pub mod room;
pub mod seen;
pub mod settings;
pub mod stage;
pub mod state;
pub mod status;
pub mod theme;
pub mod top;
pub mod widgets;

use egui::{Frame, Panel, Ui};

use ask::Asks;
use room::Room;
use seen::Seen;
use state::UiState;

/// Show everything, in `root`, which has all of the window.
pub fn show(root: &mut Ui, seen: &Seen, state: &mut UiState, asks: &mut Asks) {
    let plain = |color| Frame::new().fill(color);
    theme::warm(root.painter());
    piano::handle(root, seen, state, asks);
    keys::handle(root, seen, state, asks);
    palette::show(root, seen, &mut state.palette, state.grid.focus, asks);
    Panel::top("top")
        .exact_size(top::HEIGHT)
        .frame(plain(theme::PANEL))
        .show(root, |ui| top::show(ui, seen, state, asks));
    Panel::bottom("status")
        .exact_size(status::HEIGHT)
        .frame(plain(theme::PANEL))
        .show(root, |ui| status::show(ui, seen, state, asks));
    if let Some(proposal) = proposals::current(seen, &mut state.proposals) {
        Panel::bottom("proposal")
            .exact_size(proposals::HEIGHT)
            .frame(plain(theme::PANEL))
            .show(root, |ui| proposals::show(ui, seen, proposal, &mut state.proposals, asks));
    }
    let room = Room::of(root.available_rect_before_wrap().size());
    if !state.stage && state.browser.is_shown(room.browser) {
        Panel::left("browser")
            .exact_size(browser::WIDTH)
            .resizable(false)
            .frame(plain(theme::PANEL).inner_margin(6.0))
            .show(root, |ui| browser::show(ui, seen, state, asks));
    }
    let below = !state.stage && !state.hide_devices && room.below > 0.0;
    if below && state.editor.is_some() {
        let (least, most) = (editor::HEIGHTS.start(), editor::HEIGHTS.end());
        Panel::bottom("editor")
            .resizable(true)
            .default_size(editor::HEIGHT)
            .size_range(least.min(room.below)..=most.min(room.below))
            .frame(plain(theme::PANEL).inner_margin(6.0))
            .show(root, |ui| editor::show(ui, seen, state, asks));
    } else if below {
        Panel::bottom("devices")
            .exact_size(devices::HEIGHT.min(room.below))
            .frame(plain(theme::PANEL).inner_margin(6.0))
            .show(root, |ui| devices::show(ui, seen, state, asks));
    }
    let ground = plain(theme::BACKGROUND).inner_margin(4.0);
    egui::CentralPanel::no_frame().frame(ground).show(root, |ui| {
        let all = ui.available_rect_before_wrap();
        let high = if state.stage { 0.0 } else { room::strips(all.height()) };
        let (upper, lower) = all.split_top_bottom_at_y(all.bottom() - high);
        let mut above = ui.new_child(egui::UiBuilder::new().max_rect(upper).id_salt("grid"));
        let columns = grid::show(&mut above, seen, state, asks);
        if state.stage {
            stage::countdown(&above, seen, upper);
        }
        if high > 0.0 {
            let lower = lower.with_min_y(lower.top() + theme::GAP);
            let mut below = ui.new_child(egui::UiBuilder::new().max_rect(lower).id_salt("mixer"));
            mixer::show(&mut below, seen, &columns, asks);
        }
    });
    keys::sheet(root, state);
    jobs::list(root, seen, &mut state.jobs, asks);
    files::show(root, seen, state, asks);
    settings::show(root, seen, state, asks);
    closing::show(root, state, asks);
}

#[cfg(test)]
mod random;
#[cfg(test)]
mod tests;
