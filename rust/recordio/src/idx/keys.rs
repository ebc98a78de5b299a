//! Keys in their order, and the way back from a key to its ordinal.

use std::hash::{BuildHasher, Hash, RandomState};

/// Whether the keys of an index are integers or text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyKind {
    /// Decimal integers that fit 64 bits with a sign.
    Integer,
    /// Any text without tabs and line breaks.
    Text,
}

/// The key of a record in an index.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Key<'k> {
    /// A key of [`KeyKind::Integer`].
    Integer(i64),
    /// A key of [`KeyKind::Text`].
    Text(&'k str),
}

/// The keys of an index, as compact as they allow.
#[derive(Debug)]
pub(super) enum Keys {
    /// `first`, `first + 1`, …: what `MXNet`'s tools write, and it costs nothing.
    Consecutive { first: i64, len: usize },
    /// Any other integers.
    Integers { keys: Vec<i64>, is_ascending: bool },
    /// Texts end to end, with the end of each.
    Texts { text: String, ends: Vec<usize> },
}

/// A table from keys to ordinals.
#[derive(Debug)]
pub(super) enum Lookup {
    /// By key less `first`; `ABSENT` where there is no such key.
    Dense { first: i64, ordinals: Vec<usize> },
    /// Open addressing: an ordinal stands where its key hashes to, or behind; of equal keys the last.
    Hashed { ordinals: Vec<usize>, hasher: RandomState },
}

const ABSENT: usize = usize::MAX;

impl Keys {
    pub(super) fn new(kind: KeyKind) -> Self {
        match kind {
            KeyKind::Integer => Self::Consecutive { first: 0, len: 0 },
            KeyKind::Text => Self::Texts { text: String::new(), ends: Vec::new() },
        }
    }

    pub(super) fn kind(&self) -> KeyKind {
        match self {
            Self::Consecutive { .. } | Self::Integers { .. } => KeyKind::Integer,
            Self::Texts { .. } => KeyKind::Text,
        }
    }

    pub(super) fn push(&mut self, key: Key<'_>) {
        match (&mut *self, key) {
            (Self::Consecutive { first, len: len @ 0 }, Key::Integer(key)) => {
                (*first, *len) = (key, 1);
            }
            (Self::Consecutive { first, len }, Key::Integer(key)) => {
                if nth_after(*first, *len) == Some(key) {
                    *len += 1;
                } else {
                    let mut keys: Vec<i64> =
                        (0..*len).filter_map(|count| nth_after(*first, count)).collect();
                    let is_ascending = keys.last().is_none_or(|last| *last < key);
                    keys.push(key);
                    *self = Self::Integers { keys, is_ascending };
                }
            }
            (Self::Integers { keys, is_ascending }, Key::Integer(key)) => {
                *is_ascending &= keys.last().is_none_or(|last| *last < key);
                keys.push(key);
            }
            (Self::Texts { text, ends }, Key::Text(key)) => {
                text.push_str(key);
                ends.push(text.len());
            }
            (keys, key) => panic!("an index of {:?} keys takes no {key:?}", keys.kind()),
        }
    }

    pub(super) fn get(&self, ordinal: usize) -> Option<Key<'_>> {
        match self {
            Self::Consecutive { first, len } => {
                (ordinal < *len).then(|| nth_after(*first, ordinal))?.map(Key::Integer)
            }
            Self::Integers { keys, .. } => keys.get(ordinal).copied().map(Key::Integer),
            Self::Texts { text, ends } => text_at(text, ends, ordinal).map(Key::Text),
        }
    }

    /// Makes the table that [`Keys::find`] needs, if it needs one.
    pub(super) fn lookup(&self) -> Option<Lookup> {
        match self {
            Self::Consecutive { .. } | Self::Integers { is_ascending: true, .. } => None,
            Self::Integers { keys, .. } => Some(Lookup::of_integers(keys)),
            Self::Texts { text, ends } => {
                Some(Lookup::hashed(ends.len(), |ordinal| text_at(text, ends, ordinal)))
            }
        }
    }

    pub(super) fn find(&self, key: Key<'_>, lookup: Option<&Lookup>) -> Option<usize> {
        match (self, key) {
            (Self::Consecutive { first, len }, Key::Integer(key)) => {
                let ordinal = usize::try_from(key.checked_sub(*first)?).ok()?;
                (ordinal < *len).then_some(ordinal)
            }
            (Self::Integers { keys, is_ascending: true }, Key::Integer(key)) => {
                keys.binary_search(&key).ok()
            }
            (Self::Integers { keys, .. }, Key::Integer(key)) => match lookup? {
                Lookup::Dense { first, ordinals } => {
                    let place = usize::try_from(key.checked_sub(*first)?).ok()?;
                    ordinals.get(place).copied().filter(|ordinal| *ordinal != ABSENT)
                }
                hashed @ Lookup::Hashed { .. } => {
                    hashed.find(&key, |ordinal| keys.get(ordinal).copied())
                }
            },
            (Self::Texts { text, ends }, Key::Text(key)) => {
                lookup?.find(&key, |ordinal| text_at(text, ends, ordinal))
            }
            _ => None,
        }
    }
}

impl Lookup {
    fn of_integers(keys: &[i64]) -> Self {
        let (first, last) = keys
            .iter()
            .fold((i64::MAX, i64::MIN), |(first, last), key| (first.min(*key), last.max(*key)));
        let span = last.checked_sub(first).and_then(|span| usize::try_from(span).ok());
        match span {
            // A permutation of about as many numbers: im2rec writes those, shuffled.
            Some(span) if span / 4 < keys.len() => {
                let mut ordinals = vec![ABSENT; span + 1];
                for (ordinal, key) in keys.iter().enumerate() {
                    let place =
                        key.checked_sub(first).and_then(|place| usize::try_from(place).ok());
                    if let Some(slot) = place.and_then(|place| ordinals.get_mut(place)) {
                        *slot = ordinal;
                    }
                }
                Self::Dense { first, ordinals }
            }
            _ => Self::hashed(keys.len(), |ordinal| keys.get(ordinal).copied()),
        }
    }

    fn hashed<K: Eq + Hash>(len: usize, key_at: impl Fn(usize) -> Option<K>) -> Self {
        let hasher = RandomState::new(); // keyed: no file can make its keys collide
        let mut ordinals = vec![ABSENT; (len * 2).next_power_of_two()];
        for ordinal in 0..len {
            let Some(key) = key_at(ordinal) else { break };
            for place in probe(&hasher, &key, ordinals.len()) {
                let Some(slot) = ordinals.get_mut(place) else { break };
                if *slot == ABSENT || key_at(*slot).as_ref() == Some(&key) {
                    *slot = ordinal;
                    break;
                }
            }
        }
        Self::Hashed { ordinals, hasher }
    }

    fn find<K: Eq + Hash>(&self, key: &K, key_at: impl Fn(usize) -> Option<K>) -> Option<usize> {
        let Self::Hashed { ordinals, hasher } = self else { return None };
        probe(hasher, key, ordinals.len())
            .map_while(|place| ordinals.get(place).copied().filter(|ordinal| *ordinal != ABSENT))
            .find(|ordinal| key_at(*ordinal).as_ref() == Some(key))
    }
}

/// Returns the places where a key may stand in a table of a power of two, in the order to look.
fn probe(hasher: &RandomState, key: &impl Hash, len: usize) -> impl Iterator<Item = usize> {
    let mask = len.wrapping_sub(1);
    // The upper bits are as good as the lower ones, so nothing is lost on a 32-bit machine.
    let first = usize::try_from(hasher.hash_one(key) & mask as u64).unwrap_or_default();
    (0..len).map(move |step| first.wrapping_add(step) & mask)
}

fn nth_after(first: i64, count: usize) -> Option<i64> {
    first.checked_add(i64::try_from(count).ok()?)
}

fn text_at<'k>(text: &'k str, ends: &[usize], ordinal: usize) -> Option<&'k str> {
    let end = *ends.get(ordinal)?;
    let begin = match ordinal.checked_sub(1) {
        Some(before) => *ends.get(before)?,
        None => 0,
    };
    text.get(begin..end)
}
