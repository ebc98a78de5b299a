//! Keys in their order, and the way back from a key to its ordinal.

use super::{block::Entries, lookup::Lookup};

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
                    let keys = listed(*first, *len);
                    *self = Self::Integers { keys, is_ascending: true };
                    self.push(Key::Integer(key));
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

    /// Adds the keys of a block, which are of the same kind.
    pub(super) fn append(&mut self, entries: &Entries) {
        match self {
            Self::Consecutive { first, len } => {
                let Some(key) = entries.keys.first() else { return };
                if *len == 0 {
                    *first = *key;
                }
                if entries.has_consecutive_keys && nth_after(*first, *len) == Some(*key) {
                    *len += entries.keys.len();
                } else {
                    *self = Self::Integers { keys: listed(*first, *len), is_ascending: true };
                    self.append(entries);
                }
            }
            Self::Integers { keys, is_ascending } => {
                let follows = match (keys.last(), entries.keys.first()) {
                    (Some(last), Some(key)) => last < key,
                    _ => true,
                };
                *is_ascending &= follows && entries.has_ascending_keys;
                keys.extend_from_slice(&entries.keys);
            }
            Self::Texts { text, ends } => {
                ends.extend(entries.ends.iter().map(|end| text.len() + end));
                text.push_str(&entries.text);
            }
        }
    }

    /// Makes room for about so many more keys, where there is memory for them; `text_len` is how
    /// many bytes of text they have.
    pub(super) fn reserve(&mut self, more: usize, text_len: usize) {
        let _ = match self {
            Self::Consecutive { .. } => Ok(()),
            Self::Integers { keys, .. } => keys.try_reserve_exact(more),
            Self::Texts { text, ends } => {
                ends.try_reserve_exact(more).and_then(|()| text.try_reserve_exact(text_len))
            }
        };
    }

    /// Gives back the room that is not used.
    pub(super) fn shrink_to_fit(&mut self) {
        match self {
            Self::Consecutive { .. } => {}
            Self::Integers { keys, .. } => keys.shrink_to_fit(),
            Self::Texts { text, ends } => {
                text.shrink_to_fit();
                ends.shrink_to_fit();
            }
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
            (Self::Integers { keys, .. }, Key::Integer(key)) => lookup?.find_integer(key, keys),
            (Self::Texts { text, ends }, Key::Text(key)) => {
                lookup?.find(&key, |ordinal| text_at(text, ends, ordinal))
            }
            _ => None,
        }
    }
}

/// Returns `first`, `first + 1`, … as a list.
fn listed(first: i64, len: usize) -> Vec<i64> {
    (0..len).filter_map(|count| nth_after(first, count)).collect()
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
