//! Files that clips are made of: recordings and notes, known by the ending of their names.

use super::track::TrackKind;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// A recording.
    Audio,
    /// Notes.
    Midi,
}

/// Endings and what they mean.
const ENDINGS: [(&str, Media); 9] = [
    ("wav", Media::Audio),
    ("wave", Media::Audio),
    ("aif", Media::Audio),
    ("aiff", Media::Audio),
    ("flac", Media::Audio),
    ("ogg", Media::Audio),
    ("mp3", Media::Audio),
    ("mid", Media::Midi),
    ("midi", Media::Midi),
];

impl Media {
    /// What a file of this name holds; `None` for what no clip is made of.
    pub fn of(name: &str) -> Option<Media> {
        let (_, ending) = name.rsplit_once('.')?;
        let known = ENDINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending));
        known.map(|(_, media)| *media)
    }

    /// Whether a track of this kind plays it.
    pub fn fits(self, kind: &TrackKind) -> bool {
        match kind {
            TrackKind::Audio => self == Media::Audio,
            TrackKind::Instrument(_) | TrackKind::Drums(_) => self == Media::Midi,
            TrackKind::Group => false,
        }
    }
}

/// Why the file called `name` cannot become a clip of `track`, by its name and kind, or without one of a
/// new audio track; `None` where it can.
pub fn refusal(name: &str, track: Option<(&str, &TrackKind)>) -> Option<String> {
    let Some(media) = Media::of(name) else {
        return Some(format!(
            "“{name}” is no file that clips are made of: take WAV, AIFF, FLAC, OGG, MP3 or MIDI"
        ));
    };
    match (media, track) {
        (media, Some((_, kind))) if media.fits(kind) => None,
        (Media::Audio, None) => None,
        (Media::Midi, None) => {
            Some(format!("“{name}” holds notes: put it on a track with an instrument or drums"))
        }
        (_, Some((track, TrackKind::Group))) => Some(format!(
            "{track} is a group and has no clips of its own: put “{name}” on one of its tracks"
        )),
        (Media::Audio, Some((track, _))) => Some(format!(
            "“{name}” is a recording and {track} plays notes: put it on an audio track, or beside \
             the tracks for a new one"
        )),
        (Media::Midi, Some((track, _))) => Some(format!(
            "“{name}” holds notes and {track} plays recordings: put it on a track with an \
             instrument or drums"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_ending_and_goes_where_it_can_be_heard() {
        assert_eq!(Media::of("a.b.WAV"), Some(Media::Audio));
        assert_eq!(Media::of("a.mid"), Some(Media::Midi));
        assert_eq!((Media::of("wav"), Media::of("set.hcs"), Media::of("")), (None, None, None));
        let (audio, group) = (TrackKind::Audio, TrackKind::Group);
        assert_eq!(refusal("a.flac", Some(("V", &audio))), None);
        assert_eq!(refusal("a.flac", None), None);
        for (name, track, part) in [
            ("a.txt", None, "WAV, AIFF"),
            ("a.mid", None, "holds notes"),
            ("a.mid", Some(("V", &audio)), "V plays recordings"),
            ("a.wav", Some(("G", &group)), "G is a group"),
        ] {
            let said = refusal(name, track).expect("a refusal");
            assert!(said.contains(part), "{said}");
        }
    }
}
