//! Keys in their order, and the way back from a key to its ordinal.

use std::sync::OnceLock;

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

/// A table from keys to ordinals, made on the first search that needs one.
#[derive(Debug)]
pub(super) enum Lookup {
    /// By key less `first`; `ABSENT` where there is no such key.
    Dense { first: i64, ordinals: Vec<usize> },
    /// Ordinals in the order of their keys, equal keys in the order of the index.
    Sorted(Vec<usize>),
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

    pub(super) fn find(&self, key: Key<'_>, lookup: &OnceLock<Lookup>) -> Option<usize> {
        match (self, key) {
            (Self::Consecutive { first, len }, Key::Integer(key)) => {
                let ordinal = usize::try_from(key.checked_sub(*first)?).ok()?;
                (ordinal < *len).then_some(ordinal)
            }
            (Self::Integers { keys, is_ascending: true }, Key::Integer(key)) => {
                keys.binary_search(&key).ok()
            }
            (Self::Integers { keys, .. }, Key::Integer(key)) => {
                match lookup.get_or_init(|| Lookup::of_integers(keys)) {
                    Lookup::Dense { first, ordinals } => {
                        let place = usize::try_from(key.checked_sub(*first)?).ok()?;
                        ordinals.get(place).copied().filter(|ordinal| *ordinal != ABSENT)
                    }
                    Lookup::Sorted(order) => {
                        last_equal(order, &key, |ordinal| keys.get(ordinal).copied())
                    }
                }
            }
            (Self::Texts { text, ends }, Key::Text(key)) => {
                let at = |ordinal| text_at(text, ends, ordinal);
                match lookup.get_or_init(|| Lookup::sorted_by(ends.len(), at)) {
                    Lookup::Sorted(order) => last_equal(order, &key, at),
                    Lookup::Dense { .. } => None,
                }
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
            _ => Self::sorted_by(keys.len(), |ordinal| keys.get(ordinal).copied()),
        }
    }

    fn sorted_by<K: Ord>(len: usize, key: impl Fn(usize) -> Option<K>) -> Self {
        let mut order: Vec<usize> = (0..len).collect();
        order.sort_by_key(|ordinal| key(*ordinal)); // stable: equal keys stay in order
        Self::Sorted(order)
    }
}

/// Returns the last ordinal in `order` whose key is `key`.
fn last_equal<K: Ord>(
    order: &[usize],
    key: &K,
    key_at: impl Fn(usize) -> Option<K>,
) -> Option<usize> {
    let after =
        order.partition_point(|ordinal| key_at(*ordinal).is_some_and(|other| other <= *key));
    let ordinal = *order.get(after.checked_sub(1)?)?;
    (key_at(ordinal)? == *key).then_some(ordinal)
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
