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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Error,
        idx::Key,
        io::{IndexedWriter, Writer},
    };

    fn sync_one(records: impl Durable, index: impl Durable) -> Result<(), Error> {
        let mut writer = IndexedWriter::new(Writer::new(records), index);
        writer.write_record(Key::Integer(0), b"x")?;
        writer.sync()
    }

    #[test]
    fn files_and_memory_have_it_all_when_a_sync_returns() {
        let path = std::env::temp_dir().join(format!("recordio-durable-{}", std::process::id()));
        let (file, mut text) = (File::create(&path).unwrap(), Vec::new());
        sync_one(&mut Box::new(file), &mut text).unwrap();
        assert_eq!(std::fs::read(&path).unwrap().len(), 12);
        assert_eq!(text, b"0\t0\n");
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn what_keeps_nothing_has_nothing_to_do() {
        sync_one(io::sink(), io::sink()).unwrap();
        #[cfg(unix)]
        sync_one(File::options().write(true).open("/dev/null").unwrap(), Vec::new()).unwrap();
    }
}
