//! Sinks that can be told to keep what they have, whatever happens to the machine.

use std::{
    fs::File,
    io::{self, Write},
};

/// A sink whose bytes can be made durable.
pub trait Durable: Write {
    /// Returns once everything that was written is where a loss of power does not reach it.
    ///
    /// A sink that keeps nothing, a pipe say, has nothing to do.
    ///
    /// # Errors
    ///
    /// Whatever the sink fails with. What was written since the last success may be lost then, also
    /// where a later call succeeds: systems tell such a failure once.
    fn sync(&mut self) -> io::Result<()>;
}

impl Durable for File {
    fn sync(&mut self) -> io::Result<()> {
        if self.metadata()?.is_file() { self.sync_data() } else { Ok(()) }
    }
}

impl Durable for Vec<u8> {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Durable for io::Sink {
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Durable + ?Sized> Durable for &mut W {
    fn sync(&mut self) -> io::Result<()> {
        (**self).sync()
    }
}

impl<W: Durable + ?Sized> Durable for Box<W> {
    fn sync(&mut self) -> io::Result<()> {
        (**self).sync()
    }
}
