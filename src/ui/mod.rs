//! The window's panels: functions of what is, that ask for actions.

pub mod theme;
