//! The OSC input as its users see it: packets in and packets out.

mod lines;
mod sockets;
mod telling;
