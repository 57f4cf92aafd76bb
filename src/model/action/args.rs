//! The kinds of arguments actions take: how each is read, written and described.

use super::kind::Kind;
use super::refs::{
    BusRef, ClipRef, FollowRef, GrooveRef, LaneRef, Ref, SceneRef, StripRef, Switch, TrackRef,
};
use super::text::{Fill, Stop, Token, Walk, quoted};
use crate::model::clip::WarpMode;
use crate::model::intent;
use crate::model::key;
use crate::model::launch::{self, FollowKind, Quantization};
use crate::model::mixer::PluginType;

/// An argument of an action.
pub trait Arg {
    /// What it is in Rust.
    type Value;

    /// Reads it.
    fn read(walk: &mut Walk) -> Result<Self::Value, Stop>;

    /// Writes it so that it reads back the same.
    fn write(value: &Self::Value) -> String;

    /// Reads it with the keywords before it.
    fn take(walk: &mut Walk) -> Result<Self::Value, Stop> {
        walk.reach_argument()?;
        Self::read(walk)
    }

    /// Writes it with the keywords before it.
    fn put(value: &Self::Value, fill: &mut Fill) {
        fill.argument(&Self::write(value));
    }

    /// Any value it can have.
    #[cfg(test)]
    fn any() -> proptest::strategy::BoxedStrategy<Self::Value>;
}

/// An argument with a keyword that may be left out.
pub struct Maybe<A>(std::marker::PhantomData<A>);

impl<A: Arg<Value: std::fmt::Debug + 'static>> Arg for Maybe<A> {
    type Value = Option<A::Value>;

    fn read(walk: &mut Walk) -> Result<Self::Value, Stop> {
        A::read(walk).map(Some)
    }

    fn write(value: &Self::Value) -> String {
        value.as_ref().map(A::write).unwrap_or_default()
    }

    fn take(walk: &mut Walk) -> Result<Self::Value, Stop> {
        if walk.reach_optional()? { Self::read(walk) } else { Ok(None) }
    }

    fn put(value: &Self::Value, fill: &mut Fill) {
        fill.optional(value.as_ref().map(A::write).as_deref());
    }

    #[cfg(test)]
    fn any() -> proptest::strategy::BoxedStrategy<Self::Value> {
        use proptest::strategy::Strategy;
        proptest::option::of(A::any()).boxed()
    }
}

/// Declares an argument: its value, its kind, reader of one word, writer, test values.
macro_rules! arg {
    ($(#[$doc:meta])* $name:ident: $value:ty, $kind:ident, $read:expr, $write:expr, $any:expr) => {
        $(#[$doc])*
        pub struct $name;

        impl Arg for $name {
            type Value = $value;

            fn read(walk: &mut Walk) -> Result<$value, Stop> {
                walk.value(Kind::$kind, $read)
            }

            fn write(value: &$value) -> String {
                let write: fn(&$value) -> String = $write;
                write(value)
            }

            #[cfg(test)]
            fn any() -> proptest::strategy::BoxedStrategy<$value> {
                #[allow(unused_imports, reason = "not every argument needs all of them")]
                use proptest::prelude::*;
                ($any).boxed()
            }
        }
    };
}

mod numbers;
mod touch;
pub use numbers::*;
pub use touch::TouchSet;

/// Declares an argument that names a thing.
macro_rules! thing {
    ($(#[$doc:meta])* $name:ident: $value:ident) => {
        arg!($(#[$doc])* $name: $value, $name, |token| reference(token).map($value), |value| {
            value.0.to_string()
        }, super::tests::any_ref().prop_map($value));
    };
}

thing!(
    /// A track.
    Track: TrackRef
);
thing!(
    /// A scene.
    Scene: SceneRef
);
thing!(
    /// A return bus.
    Bus: BusRef
);
thing!(
    /// A groove.
    Groove: GrooveRef
);

/// Declares an argument that is any word.
macro_rules! word {
    ($(#[$doc:meta])* $name:ident) => {
        arg!($(#[$doc])* $name: String, $name, |token| Ok(token.text.clone()), |value| {
            quoted(value)
        }, ".{0,12}");
    };
}

word!(
    /// The name of a SynthDef instrument.
    Instrument
);
word!(
    /// The name of a preset of the user's.
    Preset
);
word!(
    /// The name of a chain of the user's.
    Chain
);
word!(
    /// The name of a parameter.
    Param
);

fn reference(token: &Token) -> Result<Ref, String> {
    if token.quoted {
        return Ok(Ref::Name(token.text.clone()));
    }
    if let Some(id) = token.text.strip_prefix('#') {
        let id = id.parse().map_err(|_| "an id is written # and a number".to_owned())?;
        return Ok(Ref::Id(id));
    }
    if token.text.bytes().all(|b| b.is_ascii_digit()) {
        let number = token.text.parse().map_err(|_| "that number is too large".to_owned())?;
        return Ok(Ref::Number(number));
    }
    Ok(Ref::Name(token.text.clone()))
}

/// A new name: one word or quotes, or, at the end of the line, everything that is left.
pub struct Name;

impl Arg for Name {
    type Value = String;

    fn read(walk: &mut Walk) -> Result<String, Stop> {
        if !walk.is_last() {
            return walk.value(Kind::Name, |token| Ok(token.text.clone()));
        }
        walk.rest(Kind::Name, |tokens| match tokens {
            [one] => Ok(one.text.clone()),
            many if many.iter().any(|t| t.quoted) => {
                Err("a name is either all in quotes or has none".to_owned())
            }
            many => Ok(many.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ")),
        })
    }

    fn write(value: &String) -> String {
        quoted(value)
    }

    #[cfg(test)]
    fn any() -> proptest::strategy::BoxedStrategy<String> {
        use proptest::strategy::Strategy;
        "\\PC{0,20}".boxed()
    }
}

/// A key and scale; the end of the line.
pub struct KeyName;

impl Arg for KeyName {
    type Value = key::Key;

    fn read(walk: &mut Walk) -> Result<key::Key, Stop> {
        walk.rest(Kind::Key, |tokens| {
            let words: Vec<&str> = tokens.iter().map(|t| t.text.as_str()).collect();
            words.join(" ").parse().map_err(|error: key::KeyError| error.to_string())
        })
    }

    fn write(value: &key::Key) -> String {
        value.to_string()
    }

    #[cfg(test)]
    fn any() -> proptest::strategy::BoxedStrategy<key::Key> {
        use proptest::prelude::*;
        (0..12i32, prop::sample::select(key::Scale::ALL.to_vec()))
            .prop_map(|(root, scale)| key::Key { root: key::PitchClass::new(root), scale })
            .boxed()
    }
}

/// A strip: `master`, `bus NAME`, or a track.
pub struct Strip;

impl Arg for Strip {
    type Value = StripRef;

    fn read(walk: &mut Walk) -> Result<StripRef, Stop> {
        if walk.skip("master") {
            return Ok(StripRef::Master);
        }
        if walk.skip("bus") {
            return Bus::read(walk).map(StripRef::Bus);
        }
        walk.value(Kind::Strip, |token| Ok(StripRef::Track(TrackRef(reference(token)?))))
    }

    fn write(value: &StripRef) -> String {
        match value {
            StripRef::Master => "master".to_owned(),
            StripRef::Bus(bus) => format!("bus {}", bus.0),
            StripRef::Track(track) => track.0.to_string(),
        }
    }

    #[cfg(test)]
    fn any() -> proptest::strategy::BoxedStrategy<StripRef> {
        use proptest::prelude::*;
        prop_oneof![
            Just(StripRef::Master),
            Bus::any().prop_map(StripRef::Bus),
            Track::any().prop_map(StripRef::Track),
        ]
        .boxed()
    }
}

/// A clip: track and slot, or `@` and its id.
pub struct Clip;

impl Arg for Clip {
    type Value = ClipRef;

    fn read(walk: &mut Walk) -> Result<ClipRef, Stop> {
        let at = walk.peek().filter(|token| !token.quoted && token.text.starts_with('@'));
        if at.is_some() {
            return walk.value(Kind::Track, |token| {
                let id = token.text[1..].parse();
                id.map(ClipRef::Id).map_err(|_| "a clip's id is written @ and a number".to_owned())
            });
        }
        let track = Track::read(walk)?;
        Ok(ClipRef::Slot(track, Scene::read(walk)?))
    }

    fn write(value: &ClipRef) -> String {
        match value {
            ClipRef::Slot(track, scene) => format!("{} {}", track.0, scene.0),
            ClipRef::Id(id) => format!("@{id}"),
        }
    }

    #[cfg(test)]
    fn any() -> proptest::strategy::BoxedStrategy<ClipRef> {
        use proptest::prelude::*;
        prop_oneof![
            (Track::any(), Scene::any()).prop_map(|(t, s)| ClipRef::Slot(t, s)),
            any::<u32>().prop_map(ClipRef::Id),
        ]
        .boxed()
    }
}

/// An effect: a SynthDef's name, or `vst3` and a plug-in's class id.
pub struct Effect;

impl Arg for Effect {
    type Value = (PluginType, String);

    fn read(walk: &mut Walk) -> Result<Self::Value, Stop> {
        let plugin = if walk.skip("vst3") { PluginType::Vst3 } else { PluginType::Native };
        walk.value(Kind::Effect, |token| Ok((plugin, token.text.clone())))
    }

    fn write((plugin, name): &Self::Value) -> String {
        match plugin {
            PluginType::Native => quoted(name),
            PluginType::Vst3 => format!("vst3 {}", quoted(name)),
        }
    }

    #[cfg(test)]
    fn any() -> proptest::strategy::BoxedStrategy<Self::Value> {
        use proptest::prelude::*;
        let plugin = prop_oneof![Just(PluginType::Native), Just(PluginType::Vst3)];
        (plugin, ".{0,12}").boxed()
    }
}

/// What a clip's automation moves.
pub struct Lane;

impl Arg for Lane {
    type Value = LaneRef;

    fn read(walk: &mut Walk) -> Result<LaneRef, Stop> {
        if walk.skip("send") {
            return Bus::read(walk).map(LaneRef::Send);
        }
        if walk.skip("param") {
            return Param::read(walk).map(LaneRef::Param);
        }
        if walk.skip("insert") {
            let place = Count::read(walk)?;
            return Param::read(walk).map(|name| LaneRef::Insert(place, name));
        }
        walk.value(Kind::Lane, |token| {
            if token.is("volume") {
                Ok(LaneRef::Volume)
            } else if token.is("pan") {
                Ok(LaneRef::Pan)
            } else {
                Err(String::new())
            }
        })
    }

    fn write(value: &LaneRef) -> String {
        match value {
            LaneRef::Volume => "volume".to_owned(),
            LaneRef::Pan => "pan".to_owned(),
            LaneRef::Send(bus) => format!("send {}", bus.0),
            LaneRef::Param(name) => format!("param {}", quoted(name)),
            LaneRef::Insert(place, name) => format!("insert {place} {}", quoted(name)),
        }
    }

    #[cfg(test)]
    fn any() -> proptest::strategy::BoxedStrategy<LaneRef> {
        use proptest::prelude::*;
        prop_oneof![
            Just(LaneRef::Volume),
            Just(LaneRef::Pan),
            Bus::any().prop_map(LaneRef::Send),
            ".{0,9}".prop_map(LaneRef::Param),
            (Count::any(), ".{0,9}").prop_map(|(n, name)| LaneRef::Insert(n, name)),
        ]
        .boxed()
    }
}

/// The follow actions by the word a person types, a jump apart.
const FOLLOWS: [(&str, FollowKind); 9] = [
    ("none", FollowKind::NoAction),
    ("stop", FollowKind::Stop),
    ("again", FollowKind::Again),
    ("previous", FollowKind::Previous),
    ("next", FollowKind::Next),
    ("first", FollowKind::First),
    ("last", FollowKind::Last),
    ("any", FollowKind::Any),
    ("other", FollowKind::Other),
];

/// A follow action.
pub struct Follow;

impl Arg for Follow {
    type Value = FollowRef;

    fn read(walk: &mut Walk) -> Result<FollowRef, Stop> {
        if walk.skip("jump") {
            return Scene::read(walk).map(FollowRef::Jump);
        }
        walk.value(Kind::Follow, |token| one_of(token, &FOLLOWS).map(FollowRef::Kind))
    }

    fn write(value: &FollowRef) -> String {
        match value {
            FollowRef::Kind(kind) => word_of(kind, &FOLLOWS),
            FollowRef::Jump(scene) => format!("jump {}", scene.0),
        }
    }

    #[cfg(test)]
    fn any() -> proptest::strategy::BoxedStrategy<FollowRef> {
        use proptest::prelude::*;
        let kinds = FOLLOWS.map(|(_, kind)| FollowRef::Kind(kind)).to_vec();
        prop_oneof![prop::sample::select(kinds), Scene::any().prop_map(FollowRef::Jump)].boxed()
    }
}

fn one_of<T: Copy>(token: &Token, table: &[(&str, T)]) -> Result<T, String> {
    let found = table.iter().find(|(word, _)| token.is(word));
    found.map(|(_, value)| *value).ok_or_else(String::new)
}

fn word_of<T: PartialEq>(value: &T, table: &[(&str, T)]) -> String {
    let found = table.iter().find(|(_, other)| other == value);
    found.map(|(word, _)| (*word).to_owned()).unwrap_or_default()
}

const MODES: [(&str, launch::LaunchMode); 4] = [
    ("trigger", launch::LaunchMode::Trigger),
    ("gate", launch::LaunchMode::Gate),
    ("toggle", launch::LaunchMode::Toggle),
    ("repeat", launch::LaunchMode::Repeat),
];

const WARPS: [(&str, WarpMode); 3] =
    [("off", WarpMode::Off), ("rate", WarpMode::Rate), ("sliced", WarpMode::Sliced)];

const SWITCHES: [(&str, Switch); 3] =
    [("on", Switch::On), ("off", Switch::Off), ("toggle", Switch::Toggle)];

/// Declares an argument that is one of a fixed set of words.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident: $value:ty, $kind:ident, $table:expr) => {
        arg!($(#[$doc])* $name: $value, $kind, |token| one_of(token, &$table), |value| {
            word_of(value, &$table)
        }, prop::sample::select($table.map(|(_, value)| value).to_vec()));
    };
}

choice!(
    /// A launch mode.
    Mode: launch::LaunchMode, Mode, MODES
);
choice!(
    /// How a recording follows the tempo.
    Warp: WarpMode, Warp, WARPS
);
choice!(
    /// On, off or the other way.
    OnOff: Switch, Switch, SWITCHES
);
choice!(
    /// What of a proposal is changed.
    Facet: intent::Facet, Facet, intent::Facet::ALL.map(|facet| (facet.name(), facet))
);
choice!(
    /// A launch quantization or note grid.
    Grid: Quantization, Grid, Quantization::NAMES
);
