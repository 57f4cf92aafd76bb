//! Whether a window can be shown at all, found out beforehand: a sentence is better than a crash.

use bevy::tasks::block_on;
use wgpu::{Instance, InstanceDescriptor, RequestAdapterOptions};

/// What is missing, in a sentence with its remedy; `None` where a window can be shown.
pub fn missing() -> Option<String> {
    let instead = "`hardcore play PROJECT.hcs` plays without a window";
    if cfg!(target_os = "linux") {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        if !set("DISPLAY") {
            let why = match set("WAYLAND_DISPLAY") {
                true => "this desktop has no X11 (XWayland is the package xwayland)",
                false => "there is no display here (DISPLAY is not set)",
            };
            return Some(format!("no window: {why}; {instead}"));
        }
    }
    let instance = Instance::new(InstanceDescriptor::new_without_display_handle());
    let adapter = block_on(instance.request_adapter(&RequestAdapterOptions::default()));
    adapter.err().map(|_| {
        let package = if cfg!(target_os = "linux") {
            "; the package mesa-vulkan-drivers brings one that needs no graphics card"
        } else {
            "; a newer driver of your graphics card brings one"
        };
        format!("no window: no graphics adapter is found{package}; {instead}")
    })
}
