//! Work in the background as it is shown: how far it is, a way to break it off, and the list.

use egui::{Align2, ProgressBar, RichText, ScrollArea, Ui, WidgetInfo, WidgetType, vec2};

use super::ask::Asks;
use super::seen::Seen;
use super::theme;
use crate::jobs::{self, Shown, State};
use crate::model::action::Action;

/// Show what runs or waits, in the line at the bottom; a click on its name opens the list.
pub fn line(ui: &mut Ui, seen: &Seen, open: &mut bool, asks: &mut Asks) {
    let all = jobs::list(seen.world);
    let busy: Vec<&Shown> = all.iter().filter(|job| !job.state.is_over()).collect();
    let Some(first) = busy.first() else {
        if !all.is_empty() && ui.link(RichText::new("jobs").color(theme::DIM)).clicked() {
            *open = !*open;
        }
        return;
    };
    cancel(ui, first, asks);
    let bar = ProgressBar::new(first.share).desired_width(80.0).desired_height(8.0);
    ui.add(bar.fill(theme::TEXT));
    let more = match busy.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let title: String = first.job.title.chars().take(40).collect();
    let name = RichText::new(format!("{title}{more}")).color(theme::TEXT);
    let response = ui.link(name);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Link, true, "jobs"));
    if response.clicked() {
        *open = !*open;
    }
}

fn cancel(ui: &mut Ui, shown: &Shown, asks: &mut Asks) {
    let number = shown.job.id.0;
    let response = ui.small_button("×");
    response.widget_info(|| {
        WidgetInfo::labeled(WidgetType::Button, true, format!("cancel job {number}"))
    });
    if response.on_hover_text("break it off").clicked() {
        asks.act(Action::JobCancel { number });
    }
}

/// Show the list of jobs, if it is open.
pub fn list(ui: &Ui, seen: &Seen, open: &mut bool, asks: &mut Asks) {
    if !*open {
        return;
    }
    let all = jobs::list(seen.world);
    egui::Window::new(RichText::new("Jobs").font(theme::strong()))
        .open(open)
        .anchor(Align2::RIGHT_BOTTOM, vec2(-12.0, -36.0))
        .collapsible(false)
        .resizable(false)
        .default_width(360.0)
        .show(ui.ctx(), |ui| {
            if all.is_empty() {
                ui.label(RichText::new("nothing was done in the background yet").color(theme::DIM));
            }
            ScrollArea::vertical().max_height(300.0).show(ui, |ui| {
                for shown in all.iter().rev() {
                    row(ui, shown, asks);
                }
            });
        });
}

fn row(ui: &mut Ui, shown: &Shown, asks: &mut Asks) {
    ui.horizontal(|ui| {
        let (word, color) = match shown.state {
            State::Waiting => ("waits", theme::DIM),
            State::Running => ("runs", theme::TEXT),
            State::Done => ("done", theme::DIM),
            State::Failed(_) => ("failed", theme::WARN),
            State::Cancelled => ("cancelled", theme::DIM),
        };
        let number = RichText::new(format!("{:>3}", shown.job.id.0)).font(theme::number());
        ui.label(number.color(theme::DIM));
        ui.label(RichText::new(word).color(color));
        if !shown.state.is_over() {
            cancel(ui, shown, asks);
            let bar = ProgressBar::new(shown.share).desired_width(60.0).desired_height(8.0);
            ui.add(bar.fill(theme::TEXT));
        }
        ui.add(egui::Label::new(&shown.job.title).truncate());
    });
    if let State::Failed(why) = shown.state {
        ui.label(RichText::new(why).color(theme::WARN));
    }
    for sentence in shown.log {
        ui.label(RichText::new(sentence).color(theme::DIM));
    }
}
