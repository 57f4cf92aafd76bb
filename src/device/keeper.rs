//! Keeps something playing: the wished device, or a clock without sound until it is there.
//!
//! The engine thread makes a [`Keeper`], prepares a callback for its [`rate`](Keeper::rate), hands it
//! over with [`play`](Keeper::play) and calls [`tick`](Keeper::tick) every few milliseconds. Devices
//! are looked for on a thread of its own, so that neither the engine thread nor what plays waits.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use super::port::Callback;
use super::{Backend, Found, OpenError, Running, Status, Wish, find};

/// Between two looks for a device that is not there.
const RETRY: Duration = Duration::from_secs(1);

/// What the engine thread must know or do.
pub enum Event {
    /// The device plays, at first or again.
    Playing(String),
    /// The device is gone or was not there; the music goes on without sound.
    Silent(String),
    /// Something wished could not be had; the rest goes on.
    Note(String),
    /// A device of another rate is there. Nothing plays: prepare a callback for `rate` and
    /// [`play`](Keeper::play) it.
    NeedsRate {
        /// Frames per second.
        rate: u32,
        /// What played so far, with all it holds.
        callback: Box<dyn Callback>,
    },
    /// The callback cannot be had back: it panicked, or stands still. Nothing plays; a new one may be
    /// handed to [`play`](Keeper::play).
    Broken(String),
}

/// How a device is looked for.
type Finder = Arc<dyn Fn(&Wish) -> Result<Found, OpenError> + Send + Sync>;

/// What is there now.
enum State {
    /// A device that waits for a callback.
    Waiting(Found),
    Running(Running),
    /// Nothing: the callback broke.
    Nothing,
}

/// The supervisor; see the module's words.
pub struct Keeper {
    wish: Wish,
    finder: Finder,
    state: State,
    /// What the callback is prepared for.
    rate: u32,
    /// A look that is under way.
    search: Option<Receiver<Result<Found, OpenError>>>,
    retry: Instant,
    /// The wish has changed and was not looked for yet.
    moving: bool,
    /// What was wished before, as long as it is not known whether the new wish can be had.
    before: Option<Wish>,
    events: Vec<Event>,
}

impl Keeper {
    /// Looks for the wished device; the clock stands in when it is not there.
    pub fn new(wish: Wish) -> Keeper {
        Self::with(wish, Arc::new(find))
    }

    fn with(wish: Wish, finder: Finder) -> Keeper {
        let mut events = Vec::new();
        let found = finder(&wish).unwrap_or_else(|error| {
            events.push(Event::Silent(format!("no sound: {error}")));
            silent(&wish, None)
        });
        Keeper {
            rate: found.rate,
            wish,
            finder,
            state: State::Waiting(found),
            search: None,
            retry: Instant::now() + RETRY,
            moving: false,
            before: None,
            events,
        }
    }

    /// Frames per second that the next callback must be prepared for.
    pub fn rate(&self) -> u32 {
        match &self.state {
            State::Waiting(found) => found.rate,
            State::Running(running) => running.rate,
            State::Nothing => self.rate,
        }
    }

    /// The kind of device that plays, or waits to.
    pub fn backend(&self) -> Backend {
        match &self.state {
            State::Waiting(found) => found.backend,
            State::Running(running) => running.backend,
            State::Nothing => Backend::Null,
        }
    }

    /// The running device: its name, rate, period, monitor and ports.
    pub fn running(&mut self) -> Option<&mut Running> {
        match &mut self.state {
            State::Running(running) => Some(running),
            _ => None,
        }
    }

    /// Play `callback`, prepared for [`rate`](Keeper::rate). While something plays, it takes its place
    /// on the same device and the old one comes back. When that one cannot be had, the new one is
    /// started on the device found next, after an [`Event::Broken`].
    pub fn play(&mut self, callback: Box<dyn Callback>) -> Option<Box<dyn Callback>> {
        match std::mem::replace(&mut self.state, State::Nothing) {
            State::Waiting(found) => {
                self.rate = found.rate;
                self.start(found, callback);
                None
            }
            State::Running(running) => {
                let swapped = running.line.swap(callback);
                match swapped {
                    Ok(old) => {
                        self.state = State::Running(running);
                        old
                    }
                    Err(callback) => {
                        drop(running);
                        self.events.push(Event::Broken("the engine stands still".to_owned()));
                        self.start(silent(&self.wish, Some(self.rate)), callback);
                        None
                    }
                }
            }
            State::Nothing => {
                self.start(silent(&self.wish, Some(self.rate)), callback);
                None
            }
        }
    }

    /// What is wished.
    pub fn wished(&self) -> &Wish {
        &self.wish
    }

    /// Wish for another device. It is looked for beside what plays, which goes on until it is found: on its
    /// device, or on the clock where that is one of the system's own. Those often let one in at a time, this
    /// program included, so it is let go first; where the new one cannot be had, it is taken again.
    pub fn wish(&mut self, wish: Wish) {
        if let State::Running(running) = &self.state
            && running.backend != Backend::Null
        {
            let is_alone = running.backend == Backend::System && wish.backend != Backend::Null;
            self.before = Some(self.wish.clone());
            if is_alone {
                match self.take() {
                    Some(callback) => self.start(silent(&self.wish, Some(self.rate)), callback),
                    None => self.events.push(Event::Broken("the engine stands still".to_owned())),
                }
            }
        }
        self.wish = wish;
        self.search = None;
        self.moving = true;
        self.retry = Instant::now();
    }

    /// See to the device; what happened since the last call, in order. Call it every few milliseconds.
    pub fn tick(&mut self) -> Vec<Event> {
        self.check();
        self.look();
        std::mem::take(&mut self.events)
    }

    /// Stop and give the callback back.
    pub fn stop(self) -> Option<Box<dyn Callback>> {
        match self.state {
            State::Running(running) => running.stop(),
            _ => None,
        }
    }

    /// Whether the running device still plays.
    fn check(&mut self) {
        let State::Running(running) = &mut self.state else { return };
        let Status::Lost(gone) = running.status() else { return };
        let callback = match std::mem::replace(&mut self.state, State::Nothing) {
            State::Running(running) => running.leave(),
            _ => None,
        };
        let Some(callback) = callback else {
            self.events.push(Event::Broken(gone));
            return;
        };
        self.events.push(Event::Silent(format!(
            "{gone}; the music goes on without sound until it is back"
        )));
        self.retry = Instant::now() + RETRY;
        self.start(silent(&self.wish, Some(self.rate)), callback);
    }

    /// Look for a device where one is wished and not there.
    fn look(&mut self) {
        let on_clock = matches!(&self.state, State::Running(r) if r.backend == Backend::Null);
        let wanted = on_clock && self.wish.backend != Backend::Null;
        if !(wanted || self.moving) || !matches!(self.state, State::Running(_)) {
            return;
        }
        let Some(search) = &self.search else {
            if Instant::now() >= self.retry {
                self.begin_search();
            }
            return;
        };
        let found = match search.try_recv() {
            Ok(found) => found,
            Err(TryRecvError::Empty) => return,
            Err(TryRecvError::Disconnected) => Err(OpenError::None(String::new())),
        };
        self.search = None;
        self.retry = Instant::now() + RETRY;
        match found {
            Ok(found) => {
                (self.moving, self.before) = (false, None);
                self.change_to(found);
            }
            Err(error) if self.moving => {
                self.moving = false;
                self.events.push(Event::Note(format!("the sound output is not changed: {error}")));
                if let Some(before) = self.before.take() {
                    (self.wish, self.retry) = (before, Instant::now());
                }
            }
            Err(error) => tracing::debug!("still no sound: {error}"),
        }
    }

    fn begin_search(&mut self) {
        let (tell, hear) = channel();
        let (wish, finder) = (self.wish.clone(), Arc::clone(&self.finder));
        let look = move || {
            // Nobody listens when the wish has changed meanwhile.
            let _ = tell.send(finder(&wish));
        };
        match std::thread::Builder::new().name("find-device".to_owned()).spawn(look) {
            Ok(_) => self.search = Some(hear),
            Err(error) => {
                tracing::warn!("cannot look for a sound output: {error}");
                self.retry = Instant::now() + RETRY;
            }
        }
    }

    /// Move what plays to `found`, or hand it over where the rates differ.
    fn change_to(&mut self, found: Found) {
        let Some(callback) = self.take() else {
            self.events.push(Event::Broken("the engine stands still".to_owned()));
            return;
        };
        if found.rate == self.rate {
            self.start(found, callback);
            return;
        }
        let rate = found.rate;
        self.state = State::Waiting(found);
        self.events.push(Event::NeedsRate { rate, callback });
    }

    /// Take the callback off what runs, which stops.
    fn take(&mut self) -> Option<Box<dyn Callback>> {
        match std::mem::replace(&mut self.state, State::Nothing) {
            State::Running(running) => running.stop(),
            _ => None,
        }
    }

    /// Play on `found`, or on the clock when that fails.
    fn start(&mut self, found: Found, callback: Box<dyn Callback>) {
        let audible = found.backend != Backend::Null;
        match found.play(callback) {
            Ok(mut running) => {
                if audible {
                    let (name, rate) = (&running.name, running.rate);
                    self.events.push(Event::Playing(format!("playing on {name} at {rate} Hz")));
                }
                self.events.extend(std::mem::take(&mut running.notes).into_iter().map(Event::Note));
                self.state = State::Running(running);
            }
            Err((error, Some(callback))) if audible => {
                self.events.push(Event::Silent(format!("no sound: {error}")));
                self.start(silent(&self.wish, Some(self.rate)), callback);
            }
            Err((error, _)) => self.events.push(Event::Broken(format!("no sound: {error}"))),
        }
    }
}

/// The clock that stands in; at `rate` where the callback is prepared for one already.
fn silent(wish: &Wish, rate: Option<u32>) -> Found {
    super::null::find(&Wish { rate: rate.or(wish.rate), ..wish.clone() })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::super::line::{End, Line};
    use super::super::testing::Counter;
    use super::super::{Device, Stream, null};
    use super::*;

    /// A sound card that the test plugs and unplugs.
    #[derive(Clone, Default)]
    struct Socket(Arc<Mutex<Card>>);

    #[derive(Default)]
    struct Card {
        rate: Option<u32>,
        busy: bool,
        line: Option<Arc<Line>>,
    }

    impl Socket {
        fn plug(&self, rate: u32) {
            self.0.lock().unwrap().rate = Some(rate);
        }

        fn unplug(&self) {
            let mut card = self.0.lock().unwrap();
            card.rate = None;
            card.line.take().unwrap().end(End::Unplugged);
        }

        fn finder(&self) -> Finder {
            let socket = self.clone();
            Arc::new(move |wish| {
                if wish.backend == Backend::Null {
                    return Ok(null::find(wish));
                }
                let card = socket.0.lock().unwrap();
                let rate = card.rate.ok_or_else(|| OpenError::None(String::new()))?;
                let wish = Wish { rate: Some(rate), ..wish.clone() };
                let name = "card".to_owned();
                let device = Box::new(Plugged(socket.clone(), null::find(&wish)));
                let (period, backend, notes) = (64, Backend::System, vec!["a note".to_owned()]);
                let offer = super::super::Offer::default();
                Ok(Found { name, rate, period, backend, notes, offer, device })
            })
        }
    }

    struct Plugged(Socket, Found);

    impl Device for Plugged {
        fn play(
            self: Box<Self>,
            line: Arc<Line>,
            notes: &mut Vec<String>,
        ) -> Result<Box<dyn Stream>, OpenError> {
            let mut card = self.0.0.lock().unwrap();
            if card.busy {
                return Err(OpenError::Unusable { name: "card".into(), cause: "busy".into() });
            }
            card.line = Some(Arc::clone(&line));
            self.1.device.play(line, notes)
        }
    }

    /// What the keeper says until it says `count` things.
    fn hear(keeper: &mut Keeper, count: usize) -> Vec<Event> {
        let mut all = Vec::new();
        while all.len() < count {
            // No waiting for the next look: the test is the clock.
            keeper.retry = Instant::now();
            all.extend(keeper.tick());
            std::thread::yield_now();
        }
        all
    }

    fn said(events: &[Event]) -> Vec<String> {
        let words = |event: &Event| match event {
            Event::Playing(s) => format!("playing: {s}"),
            Event::Silent(s) => format!("silent: {s}"),
            Event::Note(s) => format!("note: {s}"),
            Event::NeedsRate { rate, .. } => format!("rate: {rate}"),
            Event::Broken(s) => format!("broken: {s}"),
        };
        events.iter().map(words).collect()
    }

    /// A keeper on `socket` that plays, and the frames it has played.
    fn keeper(socket: &Socket) -> (Keeper, Arc<AtomicU64>) {
        let mut keeper = Keeper::with(Wish::default(), socket.finder());
        let counter = Counter::default();
        let frames = Arc::clone(&counter.frames);
        assert!(keeper.play(Box::new(counter)).is_none());
        (keeper, frames)
    }

    /// Wait until it plays further.
    fn goes_on(frames: &AtomicU64) {
        let before = frames.load(Relaxed);
        while frames.load(Relaxed) == before {
            std::thread::yield_now();
        }
    }

    const ON_CARD: [&str; 2] = ["playing: playing on card at 44100 Hz", "note: a note"];

    #[test]
    fn without_a_device_the_clock_plays_and_says_so_and_a_card_is_taken_when_it_comes() {
        let socket = Socket::default();
        let (mut keeper, frames) = keeper(&socket);
        assert!(
            said(&hear(&mut keeper, 1))[0].starts_with("silent: no sound: no sound output was")
        );
        goes_on(&frames);
        assert_eq!(keeper.rate(), super::super::RATE);
        socket.plug(48_000);
        let heard = said(&hear(&mut keeper, 2));
        assert_eq!(heard, ["playing: playing on card at 48000 Hz", "note: a note"]);
        goes_on(&frames);
    }

    #[test]
    fn a_card_that_goes_and_comes_back_keeps_the_callback() {
        let socket = Socket::default();
        socket.plug(44_100);
        let (mut keeper, frames) = keeper(&socket);
        assert_eq!(said(&hear(&mut keeper, 2)), ON_CARD);
        goes_on(&frames);
        socket.unplug();
        assert_eq!(
            said(&hear(&mut keeper, 1)),
            [
                "silent: the sound output 'card' is gone; the music goes on without sound until it is back"
            ]
        );
        goes_on(&frames);
        assert_eq!(keeper.rate(), 44_100, "the clock keeps the rate of the callback");
        socket.plug(44_100);
        assert_eq!(said(&hear(&mut keeper, 2)), ON_CARD);
        goes_on(&frames);
        assert!(keeper.stop().is_some());
    }

    #[test]
    fn another_rate_hands_the_callback_over_and_plays_the_new_one() {
        let socket = Socket::default();
        socket.plug(44_100);
        let (mut keeper, _) = keeper(&socket);
        hear(&mut keeper, 2);
        socket.unplug();
        hear(&mut keeper, 1);
        socket.plug(96_000);
        let heard = hear(&mut keeper, 1);
        let [Event::NeedsRate { rate: 96_000, .. }] = &heard[..] else {
            panic!("{:?}", said(&heard));
        };
        assert_eq!(keeper.rate(), 96_000);
        let counter = Counter::default();
        let frames = Arc::clone(&counter.frames);
        assert!(keeper.play(Box::new(counter)).is_none());
        assert_eq!(said(&hear(&mut keeper, 2))[0], "playing: playing on card at 96000 Hz");
        goes_on(&frames);
    }

    #[test]
    fn a_busy_card_is_said_and_the_music_goes_on() {
        let socket = Socket::default();
        socket.plug(44_100);
        socket.0.lock().unwrap().busy = true;
        let (mut keeper, frames) = keeper(&socket);
        let heard = said(&hear(&mut keeper, 1));
        assert_eq!(heard, ["silent: no sound: the sound output 'card' cannot be used: busy"]);
        goes_on(&frames);
    }

    #[test]
    fn another_wish_is_followed_when_it_can_be_had_and_else_what_plays_stays() {
        let socket = Socket::default();
        socket.plug(44_100);
        let (mut keeper, frames) = keeper(&socket);
        hear(&mut keeper, 2);
        socket.0.lock().unwrap().rate = None;
        keeper.wish(Wish { name: "other".into(), ..Wish::default() });
        assert!(
            said(&hear(&mut keeper, 1))[0].starts_with("note: the sound output is not changed")
        );
        goes_on(&frames);
        let null = Wish { backend: Backend::Null, rate: Some(44_100), ..Wish::default() };
        keeper.wish(null);
        while keeper.running().unwrap().backend != Backend::Null {
            assert_eq!(said(&keeper.tick()), Vec::<String>::new());
        }
        goes_on(&frames);
    }

    #[test]
    fn a_card_of_the_system_is_let_go_for_another_wish_and_taken_again_when_that_fails() {
        let socket = Socket::default();
        socket.plug(44_100);
        let (mut keeper, frames) = keeper(&socket);
        hear(&mut keeper, 2);
        keeper.wish(Wish { period: Some(128), ..Wish::default() });
        assert_eq!(keeper.running().unwrap().backend, Backend::Null, "nobody else holds the card");
        assert_eq!(said(&hear(&mut keeper, 2)), ON_CARD);
        socket.0.lock().unwrap().rate = None;
        keeper.wish(Wish { name: "other".into(), ..Wish::default() });
        assert!(said(&hear(&mut keeper, 1))[0].contains("not changed"));
        assert_eq!(keeper.wished().period, Some(128));
        socket.plug(44_100);
        assert_eq!(said(&hear(&mut keeper, 2)), ON_CARD);
        goes_on(&frames);
    }

    #[test]
    fn a_callback_takes_the_place_of_the_one_that_plays() {
        let socket = Socket::default();
        let (mut keeper, _) = keeper(&socket);
        let counter = Counter::default();
        let frames = Arc::clone(&counter.frames);
        assert!(keeper.play(Box::new(counter)).is_some());
        goes_on(&frames);
    }

    #[test]
    fn a_callback_that_panics_is_said_and_another_may_play() {
        struct Bad;
        impl Callback for Bad {
            fn process(&mut self, _: &mut dyn super::super::port::Period) {
                std::panic::resume_unwind(Box::new("bad"));
            }
        }
        let socket = Socket::default();
        socket.plug(48_000);
        let mut keeper = Keeper::with(Wish::default(), socket.finder());
        keeper.play(Box::new(Bad));
        let heard = said(&hear(&mut keeper, 3));
        assert_eq!(heard[2], "broken: the engine stopped with an error");
        let counter = Counter::default();
        let frames = Arc::clone(&counter.frames);
        keeper.play(Box::new(counter));
        goes_on(&frames);
        assert_eq!(said(&hear(&mut keeper, 2))[0], "playing: playing on card at 48000 Hz");
    }
}
