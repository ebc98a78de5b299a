//! Choices that are made by the bytes of an input.

/// Makes choices of bytes, first to last; where there are none left, every choice is the first.
///
/// A small change of the bytes is a small change of what is chosen, most of the time, and that is
/// what a fuzzer needs.
#[derive(Clone, Debug)]
pub struct Choices<'d> {
    data: &'d [u8],
}

impl<'d> Choices<'d> {
    /// Creates the choices that these bytes make.
    #[must_use]
    pub const fn new(data: &'d [u8]) -> Self {
        Self { data }
    }

    /// Returns whether there are no bytes left.
    #[must_use]
    pub const fn is_used_up(&self) -> bool {
        self.data.is_empty()
    }

    /// Chooses any byte.
    pub fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or_default()
    }

    /// Chooses up to so many bytes: as many as there are left.
    pub fn bytes(&mut self, len: usize) -> &'d [u8] {
        let (bytes, data) = self.data.split_at(len.min(self.data.len()));
        self.data = data;
        bytes
    }

    /// Takes all bytes that are left.
    pub fn rest(&mut self) -> &'d [u8] {
        self.bytes(self.data.len())
    }

    /// Chooses any number.
    pub fn number(&mut self) -> u64 {
        let mut number = [0; 8];
        let bytes = self.bytes(8);
        number[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(number)
    }

    /// Chooses a number from 0 to below `limit`; 0 where that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let any = if limit <= 256 {
            u64::from(self.byte())
        } else {
            u64::from_le_bytes([self.byte(), self.byte(), self.byte(), 0, 0, 0, 0, 0])
        };
        usize::try_from(any).unwrap_or_default().checked_rem(limit).unwrap_or_default()
    }

    /// Chooses yes once in `count` times.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) + 1 == count
    }

    /// Chooses one of several.
    ///
    /// # Panics
    ///
    /// Where there is nothing to choose.
    pub fn of<T: Copy>(&mut self, some: &[T]) -> T {
        some[self.below(some.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_made_by_the_bytes_in_their_order() {
        let mut choices = Choices::new(&[7, 9, 1, 0, 0, 5, 6]);
        assert_eq!((choices.byte(), choices.below(4)), (7, 1));
        assert_eq!(choices.below(1000), 1);
        assert_eq!(choices.of(b"abcd"), b'b');
        assert!(!choices.one_in(3));
        assert!(choices.is_used_up());
    }

    #[test]
    fn without_bytes_every_choice_is_the_first() {
        let mut choices = Choices::new(&[]);
        assert_eq!((choices.byte(), choices.below(4), choices.number()), (0, 0, 0));
        assert_eq!((choices.below(0), choices.of(&[3, 4]), choices.rest()), (0, 3, &[][..]));
    }
}
