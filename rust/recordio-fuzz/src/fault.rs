//! What readers say is wrong, in the words of the slow decoders.

use recordio::{Error, FormatError};

/// The offset of the fragment at fault, how many records come before it if that is known, and what
/// is wrong there.
pub(crate) type Fault = (usize, Option<u64>, FormatError);

/// Returns what a reader says is wrong with a file in memory, which is never its fault to read.
pub(crate) fn fault(error: &Error) -> Fault {
    match error {
        Error::Format { offset, ordinal, source } => {
            (crate::records::to_usize(*offset), *ordinal, *source)
        }
        _ => panic!("no file in memory gives {error:?}"),
    }
}
