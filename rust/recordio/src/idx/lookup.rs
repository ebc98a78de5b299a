//! The way back from a key to its ordinal, where the keys themselves do not show it.

use std::{
    array,
    hash::{BuildHasher, Hash, RandomState},
    hint::black_box,
};

/// A slot without an ordinal.
const EMPTY: u64 = u64::MAX;

/// How many keys are put into a table of hashes at once.
const BATCH_LEN: usize = 32;

/// A table from keys to ordinals.
#[derive(Debug)]
pub(super) enum Lookup {
    /// By key less `first`.
    Dense { first: i64, ordinals: Ordinals },
    /// By hash.
    Hashed(Hashed),
}

/// Ordinals, each of which may be absent; in half the memory where they fit.
#[derive(Debug)]
pub(super) enum Ordinals {
    Narrow(Vec<u32>),
    Wide(Vec<u64>),
}

/// Open addressing: an ordinal stands where its key hashes to, or behind; of equal keys the last.
#[derive(Debug)]
pub(super) struct Hashed {
    /// An ordinal in the lower bits, all ones if there is none; in the others some of the hash, so
    /// that hardly a key is looked at that is not the one sought.
    slots: Vec<u64>,
    ordinal_bits: u32,
    hasher: RandomState,
}

impl Lookup {
    /// Makes the table of keys that are integers.
    pub(super) fn of_integers(keys: &[i64]) -> Self {
        let (first, last) = keys
            .iter()
            .fold((i64::MAX, i64::MIN), |(first, last), key| (first.min(*key), last.max(*key)));
        let span = last.checked_sub(first).and_then(|span| usize::try_from(span).ok());
        match span {
            // A permutation of about as many numbers: im2rec writes those, shuffled.
            Some(span) if span / 4 < keys.len() => {
                let mut ordinals = Ordinals::absent(span + 1, keys.len());
                for (ordinal, key) in keys.iter().enumerate() {
                    if let Some(place) = place_after(first, *key) {
                        ordinals.set(place, ordinal);
                    }
                }
                Self::Dense { first, ordinals }
            }
            _ => Self::hashed(keys.len(), |ordinal| keys.get(ordinal).copied()),
        }
    }

    /// Makes the table of `len` keys of any kind.
    pub(super) fn hashed<K: Eq + Hash>(len: usize, key_at: impl Fn(usize) -> Option<K>) -> Self {
        Self::Hashed(Hashed::new(len, key_at))
    }

    pub(super) fn find_integer(&self, key: i64, keys: &[i64]) -> Option<usize> {
        match self {
            Self::Dense { first, ordinals } => ordinals.get(place_after(*first, key)?),
            Self::Hashed(hashed) => hashed.find(&key, |ordinal| keys.get(ordinal).copied()),
        }
    }

    pub(super) fn find<K: Eq + Hash>(
        &self,
        key: &K,
        key_at: impl Fn(usize) -> Option<K>,
    ) -> Option<usize> {
        match self {
            Self::Dense { .. } => None,
            Self::Hashed(hashed) => hashed.find(key, key_at),
        }
    }
}

impl Ordinals {
    /// Creates `places` without an ordinal in any, for ordinals below `len`.
    fn absent(places: usize, len: usize) -> Self {
        match u32::try_from(len) {
            Ok(_) => Self::Narrow(vec![u32::MAX; places]),
            Err(_) => Self::Wide(vec![u64::MAX; places]),
        }
    }

    fn set(&mut self, place: usize, ordinal: usize) {
        match self {
            Self::Narrow(ordinals) => {
                if let (Some(slot), Ok(ordinal)) = (ordinals.get_mut(place), ordinal.try_into()) {
                    *slot = ordinal;
                }
            }
            Self::Wide(ordinals) => {
                if let Some(slot) = ordinals.get_mut(place) {
                    *slot = ordinal as u64;
                }
            }
        }
    }

    fn get(&self, place: usize) -> Option<usize> {
        let ordinal = match self {
            Self::Narrow(ordinals) => {
                ordinals.get(place).filter(|ordinal| **ordinal != u32::MAX).map(|it| (*it).into())
            }
            Self::Wide(ordinals) => {
                ordinals.get(place).copied().filter(|ordinal| *ordinal != u64::MAX)
            }
        };
        usize::try_from(ordinal?).ok()
    }
}

impl Hashed {
    fn new<K: Eq + Hash>(len: usize, key_at: impl Fn(usize) -> Option<K>) -> Self {
        let mut table = Self {
            slots: vec![EMPTY; len + len / 2 + 1],
            ordinal_bits: usize::BITS - len.leading_zeros(),
            hasher: RandomState::new(), // keyed: no file can make its keys collide
        };
        for begin in (0..len).step_by(BATCH_LEN) {
            let hash_at = |ordinal| key_at(ordinal).map_or(0, |key| table.hasher.hash_one(key));
            let hashes: [u64; BATCH_LEN] = array::from_fn(|step| hash_at(begin + step));
            // Memory is far and answers many at once: all slots are asked for before one is needed.
            let slots = hashes.iter().map(|hash| table.slots.get(table.first_place(*hash)));
            black_box(slots.flatten().fold(0, |all, slot| all ^ slot));
            for (ordinal, hash) in (begin..len).zip(hashes) {
                let (place, _) = table.locate(hash, |other| key_at(other) == key_at(ordinal));
                let slot = table.tag(hash) | ordinal as u64;
                if let Some(place) = table.slots.get_mut(place) {
                    *place = slot;
                }
            }
        }
        table
    }

    fn find<K: Eq + Hash>(&self, key: &K, key_at: impl Fn(usize) -> Option<K>) -> Option<usize> {
        let hash = self.hasher.hash_one(key);
        let (_, ordinal) = self.locate(hash, |ordinal| key_at(ordinal).as_ref() == Some(key));
        ordinal
    }

    /// Returns the place of a key and its ordinal, or the place that it would take and `None`.
    fn locate(&self, hash: u64, is_key: impl Fn(usize) -> bool) -> (usize, Option<usize>) {
        let tag = self.tag(hash);
        let first = self.first_place(hash);
        for place in (first..self.slots.len()).chain(0..first) {
            let slot = self.slots.get(place).copied().unwrap_or(EMPTY);
            if slot == EMPTY {
                return (place, None);
            }
            let ordinal = slot ^ tag;
            if ordinal >> self.ordinal_bits == 0 {
                let ordinal = usize::try_from(ordinal).ok();
                if ordinal.is_some_and(&is_key) {
                    return (place, ordinal);
                }
            }
        }
        (first, None) // never: there are more slots than keys
    }

    /// Returns where to look first.
    fn first_place(&self, hash: u64) -> usize {
        let place = (u128::from(hash) * self.slots.len() as u128) >> u64::BITS;
        usize::try_from(place).unwrap_or_default()
    }

    /// Returns the lower bits of a hash: the upper ones have told the place.
    const fn tag(&self, hash: u64) -> u64 {
        hash << self.ordinal_bits
    }
}

fn place_after(first: i64, key: i64) -> Option<usize> {
    usize::try_from(key.checked_sub(first)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_are_found_in_any_width_and_absent_ones_are_not() {
        for mut ordinals in [Ordinals::absent(3, 3), Ordinals::Wide(vec![u64::MAX; 3])] {
            ordinals.set(2, 0);
            ordinals.set(0, 1);
            ordinals.set(9, 1);
            assert_eq!(
                [0, 1, 2, 9].map(|place| ordinals.get(place)),
                [Some(1), None, Some(0), None]
            );
        }
    }

    #[test]
    fn a_full_table_finds_the_last_of_every_key_and_no_other() {
        for len in [0, 1, 2, 3, 100, 10_000_usize] {
            let keys: Vec<usize> = (0..len).map(|number| number * 7 % (len / 2 + 1)).collect();
            let table = Hashed::new(len, |ordinal| keys.get(ordinal).copied());
            for key in 0..2 * len + 2 {
                let want = keys.iter().rposition(|other| *other == key);
                assert_eq!(table.find(&key, |ordinal| keys.get(ordinal).copied()), want);
                if key > 200 && len == 10_000 {
                    break; // the obvious search is slow
                }
            }
        }
    }
}
