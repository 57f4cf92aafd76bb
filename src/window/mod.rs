//! The window: Bevy's event loop around the panels, and what they ask for done.

use std::time::Instant;

use bevy::prelude::*;
use bevy::window::{PresentMode, WindowResolution};
use bevy::winit::WinitSettings;
use bevy_egui::{EguiContexts, EguiInput, EguiPlugin, EguiPreUpdateSet, EguiPrimaryContextPass};

use crate::app::player::Player;
use crate::device::monitor::Health;
use crate::live::hall::{Hall, Report};
use crate::session::document::Order;
use crate::ui::ask::Asks;
use crate::ui::seen::Seen;
use crate::ui::state::UiState;
use crate::ui::{self, theme};

/// The set that is open, what plays it, and what the window keeps.
#[derive(Resource)]
struct Open {
    player: Player,
    hall: Hall,
    health: Option<Box<Health>>,
    device: String,
    state: UiState,
    asks: Asks,
    said: String,
    begun: Instant,
}

/// Open the window on a set, and stay until it is closed.
pub fn run(player: Player, hall: Hall) {
    let window = Window {
        title: "Hardcore".to_owned(),
        name: Some("hardcore".to_owned()),
        resolution: WindowResolution::new(1280, 800),
        present_mode: PresentMode::AutoVsync,
        ..default()
    };
    App::new()
        .add_plugins(DefaultPlugins.set(WindowPlugin {
            primary_window: Some(window),
            ..default()
        }))
        .add_plugins(EguiPlugin::default())
        .insert_resource(WinitSettings::desktop_app())
        .insert_resource(ClearColor(Color::srgb_u8(0x0D, 0x0E, 0x11)))
        .insert_resource(Open {
            player,
            hall,
            health: None,
            device: String::new(),
            state: UiState::default(),
            asks: Asks::default(),
            said: String::new(),
            begun: Instant::now(),
        })
        .add_systems(Startup, camera)
        .add_systems(
            PreUpdate,
            calm.after(EguiPreUpdateSet::ProcessInput).before(EguiPreUpdateSet::BeginPass),
        )
        .add_systems(First, hear)
        .add_systems(EguiPrimaryContextPass, show)
        .add_systems(Last, act)
        .run();
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

/// What the engine tells.
fn hear(mut open: ResMut<Open>) {
    let Open { player, hall, health, device, said, .. } = &mut *open;
    for report in hall.reports.try_iter() {
        match report {
            Report::Health(now) => *health = Some(now),
            Report::News(news) => {
                if let Some(sentence) = player.news(news, &mut |order| hall.order(order)) {
                    *said = sentence;
                }
            }
        }
    }
    if let Some(h) = health {
        *device = format!("DSP {:.0} %   xruns {}", h.load * 100.0, h.xruns);
    }
}

fn show(mut contexts: EguiContexts, mut open: ResMut<Open>, mut dressed: Local<bool>) -> Result {
    let ctx = contexts.ctx_mut()?.clone();
    if !std::mem::replace(&mut *dressed, true) {
        theme::install(&ctx);
        // Fonts count from the next pass on.
        ctx.request_repaint();
        return Ok(());
    }
    let Open { player, state, asks, device, begun, .. } = &mut *open;
    let Some(order) = player.world.get_resource::<Order>() else { return Ok(()) };
    let view = player.view();
    let head = view.map(|view| view.snapshot.playhead());
    let seen = Seen {
        world: &player.world,
        order,
        snapshot: view.map(|view| &*view.snapshot),
        head,
        meters: view.map_or(&[], |view| &view.meters),
        armed: &player.armed,
        metronome: player.metronome,
        device,
        seconds: begun.elapsed().as_secs_f64(),
    };
    let builder = egui::UiBuilder::new().layer_id(egui::LayerId::background());
    let mut root = egui::Ui::new(
        ctx.clone(),
        "root".into(),
        builder.max_rect(ctx.viewport_rect()),
    );
    ui::show(&mut root, &seen, state, asks);
    // While it plays there is always something new to see.
    if head.is_some_and(|h| h.playing || h.counting_in) {
        ctx.request_repaint();
    } else {
        ctx.request_repaint_after(std::time::Duration::from_millis(250));
    }
    Ok(())
}

/// Do what the panels asked for.
fn act(mut open: ResMut<Open>) {
    let Open { player, hall, asks, said, .. } = &mut *open;
    for action in asks.take() {
        let line = action.to_string();
        let done = player.line(&line, crate::live::desk::At::Now, &mut |order| hall.order(order));
        *said = done.unwrap_or_else(|e| e.to_string());
    }
}
