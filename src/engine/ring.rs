//! Rings whose memory is there before the callback writes into it.

use rtrb::{Consumer, Producer, RingBuffer};

/// An empty ring for so many items, every place of which has held a `blank` before.
///
/// Memory that nobody wrote to yet is only promised: the first write to each page of it goes into the
/// kernel, and waits there while any other thread of the program is being given memory.
pub fn ring<T>(capacity: usize, blank: impl Fn() -> T) -> (Producer<T>, Consumer<T>) {
    let (mut to, mut from) = RingBuffer::new(capacity);
    while !to.is_full() {
        // There is room: it was looked for.
        let _ = to.push(blank());
    }
    while from.pop().is_ok() {}
    (to, from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_empty_and_has_all_of_its_room() {
        let (mut to, mut from) = ring(3, || 7);
        assert!(from.pop().is_err());
        assert_eq!((to.slots(), to.buffer().capacity()), (3, 3));
        assert!((0..3).all(|n| to.push(n).is_ok()) && to.push(3).is_err());
        assert_eq!(std::iter::from_fn(|| from.pop().ok()).collect::<Vec<_>>(), [0, 1, 2]);
    }
}
