//! CTranslate2's model file, binary version 6.
//!
//! ```text
//! size  field (all numbers little-endian)
//!    4  version, 6
//!    …  name of the specification: u16 length with the closing zero, text, zero
//!    4  revision
//!    4  number of variables, then for each:
//!         …  name, as above
//!         1  rank
//!      4 × rank  lengths, outermost first
//!         1  element type: 0 f32, 1 i8, 2 i16, 3 i32, 4 f16
//!         4  octets of data
//!         …  data
//!    4  number of aliases, then for each two names: the alias, and what it stands for
//! ```
//!
//! Reading checks every length against what is there; data stays borrowed.

use std::collections::BTreeMap;

/// A model's variables by name.
#[derive(Debug)]
pub struct Model<'a> {
    /// `WhisperSpec`, for instance.
    pub specification: String,
    /// Of the specification.
    pub revision: u32,
    /// By name.
    pub variables: BTreeMap<String, Variable<'a>>,
}

/// One variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable<'a> {
    /// Lengths, outermost first; empty for a single number.
    pub shape: Vec<usize>,
    /// The element type's number.
    pub kind: u8,
    /// The elements' octets.
    pub data: &'a [u8],
}

/// The type number of f16 elements.
pub const F16: u8 = 4;

/// Why bytes are no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ct2Error {
    /// It ends in the middle of something.
    #[error("the CTranslate2 file ends at octet {0}, in the middle of a field")]
    Short(usize),
    /// Another version.
    #[error("CTranslate2 file version {0}; version 6 is read")]
    Version(u32),
    /// A name without its closing zero, or not UTF-8.
    #[error("the CTranslate2 file has a damaged name at octet {0}")]
    Name(usize),
    /// Shape, element type and data do not go together.
    #[error("variable {0} of the CTranslate2 file is not as long as its shape says")]
    Shape(String),
    /// More bytes than the model has.
    #[error("{0} octets follow the CTranslate2 model's end")]
    Trailing(usize),
    /// A variable that the model should have.
    #[error("the CTranslate2 model has no variable {name} of f16 with shape {shape:?}")]
    Missing {
        /// Its name.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
    },
}

impl<'a> Model<'a> {
    /// Reads a whole file.
    pub fn read(bytes: &'a [u8]) -> Result<Model<'a>, Ct2Error> {
        let mut reader = Reader { bytes, at: 0 };
        match reader.u32()? {
            6 => {}
            version => return Err(Ct2Error::Version(version)),
        }
        let specification = reader.name()?;
        let revision = reader.u32()?;
        let mut variables = BTreeMap::new();
        for _ in 0..reader.u32()? {
            let name = reader.name()?;
            let variable = reader.variable(&name)?;
            variables.insert(name, variable);
        }
        for _ in 0..reader.u32()? {
            let (alias, of) = (reader.name()?, reader.name()?);
            if let Some(variable) = variables.get(&of).cloned() {
                variables.insert(alias, variable);
            }
        }
        match bytes.len() - reader.at {
            0 => Ok(Model { specification, revision, variables }),
            rest => Err(Ct2Error::Trailing(rest)),
        }
    }

    /// The octets of an f16 variable of a certain shape.
    pub fn f16(&self, name: &str, shape: &[usize]) -> Result<&'a [u8], Ct2Error> {
        match self.variables.get(name) {
            Some(variable) if variable.kind == F16 && variable.shape == shape => Ok(variable.data),
            _ => Err(Ct2Error::Missing { name: name.into(), shape: shape.into() }),
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Ct2Error> {
        let end = self.at.checked_add(length);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or(Ct2Error::Short(self.bytes.len()))?;
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Ct2Error> {
        self.take(N)?.try_into().map_err(|_| Ct2Error::Short(self.at))
    }

    fn u32(&mut self) -> Result<u32, Ct2Error> {
        self.array().map(u32::from_le_bytes)
    }

    fn name(&mut self) -> Result<String, Ct2Error> {
        let at = self.at;
        let length = usize::from(u16::from_le_bytes(self.array()?));
        match self.take(length)?.split_last() {
            Some((0, text)) => String::from_utf8(text.to_vec()).map_err(|_| Ct2Error::Name(at)),
            _ => Err(Ct2Error::Name(at)),
        }
    }

    fn variable(&mut self, name: &str) -> Result<Variable<'a>, Ct2Error> {
        let [rank] = self.array()?;
        let shape = (0..rank)
            .map(|_| self.u32().map(|length| length as usize))
            .collect::<Result<Vec<_>, _>>()?;
        let [kind] = self.array()?;
        let octets = self.u32()? as usize;
        let data = self.take(octets)?;
        let size: usize = match kind {
            0 | 3 => 4,
            1 => 1,
            2 | F16 => 2,
            _ => return Err(Ct2Error::Shape(name.into())),
        };
        let needed = shape.iter().try_fold(size, |n, &length| n.checked_mul(length));
        if needed != Some(octets) {
            return Err(Ct2Error::Shape(name.into()));
        }
        Ok(Variable { shape, kind, data })
    }
}
