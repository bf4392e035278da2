//! The machine that a pickle is a program for: a stack, marks in it, and a memo. It puts values down, and does nothing else.

use super::{Memo, Pickle, PickleError, Place, Problem, Value};

/// What a moment of time is made of, by what it is called in a pickle: Python's own, its base classes, and the time zones of the
/// site's client, in all its versions.
const MOMENTS: [&str; 12] = [
    "datetime.datetime",
    "datetime.timedelta",
    "datetime.timezone",
    "_codecs.encode",
    "copy_reg._reconstructor",
    "copyreg._reconstructor",
    "__builtin__.object",
    "builtins.object",
    "shotgun_api3.lib.sgtimezone.LocalTimezone",
    "shotgun_api3.lib.sgtimezone.UTC",
    "shotgun_api3.lib.sgtimezone.SgTimezone",
    "shotgun_api3.shotgun.LocalTimezone",
];

/// Reads a whole pickle.
pub(super) fn read(bytes: &[u8]) -> Result<Pickle, PickleError> {
    let mut machine = Machine {
        input: Input { bytes, at: 0 },
        values: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: Memo::new(),
    };
    loop {
        let at = machine.input.at;
        match machine.step() {
            Ok(None) => {}
            Ok(Some(root)) => return Ok(Pickle { values: machine.values, root }),
            Err(problem) => return Err(PickleError { at, problem }),
        }
    }
}

struct Machine<'a> {
    input: Input<'a>,
    values: Vec<Value>,
    stack: Vec<Place>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memo: Memo,
}

type Done = Result<(), Problem>;

impl Machine<'_> {
    /// One operation. Answers the value at the end. The operations are those of Python's `pickletools`.
    fn step(&mut self) -> Result<Option<Place>, Problem> {
        let operation = self.input.byte()?;
        match operation {
            b'.' => return self.pop().map(Some),
            0x80 => self.protocol()?,
            // A frame says how long it is; what is in it says so as well.
            0x95 => {
                self.input.take(8)?;
            }
            b'(' => self.marks.push(self.stack.len()),
            b'0' => {
                self.pop()?;
            }
            b'1' => {
                self.pop_to_mark()?;
            }
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
            }
            _ => {
                let done = self.literal(operation)?
                    || self.container(operation)?
                    || self.remembered(operation)?
                    || self.called(operation)?;
                if !done {
                    return Err(Problem::Operation(operation));
                }
            }
        }
        Ok(None)
    }

    fn protocol(&mut self) -> Done {
        match self.input.byte()? {
            0..=5 => Ok(()),
            version => Err(Problem::Protocol(version)),
        }
    }

    /// Numbers and texts.
    fn literal(&mut self, operation: u8) -> Result<bool, Problem> {
        let input = &mut self.input;
        let value = match operation {
            b'N' => Value::None,
            0x88 | 0x89 => Value::Bool,
            b'I' => match input.line()? {
                "00" | "01" => Value::Bool,
                digits => Value::Int(number(digits)?),
            },
            b'L' => {
                let digits = input.line()?;
                Value::Int(number(digits.strip_suffix('L').unwrap_or(digits))?)
            }
            b'J' => Value::Int(i128::from(input.size(4)?.cast_signed() << 32 >> 32)),
            b'K' => Value::Int(input.size(1)?.into()),
            b'M' => Value::Int(input.size(2)?.into()),
            0x8a => long(input, 1)?,
            0x8b => long(input, 4)?,
            b'F' => {
                input.line()?;
                Value::Float
            }
            b'G' => {
                input.take(8)?;
                Value::Float
            }
            b'S' => Value::Text(quoted(input.line()?)?),
            b'V' => Value::Text(escaped(input.raw_line()?)),
            b'T' | b'X' => input.text(4)?,
            b'U' | 0x8c => input.text(1)?,
            0x8d => input.text(8)?,
            b'B' => input.bytes(4)?,
            b'C' => input.bytes(1)?,
            0x8e | 0x96 => input.bytes(8)?,
            _ => return Ok(false),
        };
        self.put(value);
        Ok(true)
    }

    /// Lists, tuples and dictionaries.
    fn container(&mut self, operation: u8) -> Result<bool, Problem> {
        match operation {
            b']' => self.put(Value::List(Vec::new())),
            b')' => self.put(Value::Tuple(Vec::new())),
            b'}' => self.put(Value::Dict(Vec::new())),
            b'l' => {
                let items = self.pop_to_mark()?;
                self.put(Value::List(items));
            }
            b't' => {
                let items = self.pop_to_mark()?;
                self.put(Value::Tuple(items));
            }
            0x85..=0x87 => {
                let count = usize::from(operation - 0x84);
                let from = self.stack.len().checked_sub(count).ok_or(Problem::Stack)?;
                self.check_above_mark(from)?;
                let items = self.stack.split_off(from);
                self.put(Value::Tuple(items));
            }
            b'd' => {
                let items = self.pop_to_mark()?;
                let entries = pairs(&items)?;
                self.put(Value::Dict(entries));
            }
            b'a' => {
                let item = self.pop()?;
                self.list()?.push(item);
            }
            b'e' => {
                let items = self.pop_to_mark()?;
                self.list()?.extend(items);
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.dict()?.push((key, value));
            }
            b'u' => {
                let entries = pairs(&self.pop_to_mark()?)?;
                self.dict()?.extend(entries);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What is kept to be put down again.
    fn remembered(&mut self, operation: u8) -> Result<bool, Problem> {
        match operation {
            b'p' => {
                let number = self.input.line()?;
                let number = number.parse().map_err(|_| literal(number, "number"))?;
                self.keep(number)?;
            }
            b'q' | b'r' => {
                let number = self.input.size(if operation == b'q' { 1 } else { 4 })?;
                self.keep(number)?;
            }
            0x94 => {
                let number = self.memo.len() as u64;
                self.keep(number)?;
            }
            b'g' => {
                let number = self.input.line()?;
                let number = number.parse().map_err(|_| literal(number, "number"))?;
                self.recall(number)?;
            }
            b'h' | b'j' => {
                let number = self.input.size(if operation == b'h' { 1 } else { 4 })?;
                self.recall(number)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What would be called.
    fn called(&mut self, operation: u8) -> Result<bool, Problem> {
        match operation {
            b'c' => {
                let (module, name) = (self.input.line()?, self.input.line()?);
                self.name(module, name)?;
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let texts = (self.values[module].clone(), self.values[name].clone());
                let (Value::Text(module), Value::Text(name)) = texts else {
                    return Err(Problem::Kind("something else than two texts"));
                };
                self.name(&module, &name)?;
            }
            // Called with arguments, and made of them.
            b'R' | 0x81 => {
                let (_, callee) = (self.pop()?, self.pop()?);
                let Value::Named(_) = &self.values[callee] else {
                    return Err(Problem::Kind(self.values[callee].kind()));
                };
                self.put(Value::Made);
            }
            // The state of what was made.
            b'b' => {
                self.pop()?;
                let top = self.top()?;
                if self.values[top] != Value::Made {
                    return Err(Problem::Kind(self.values[top].kind()));
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn name(&mut self, module: &str, name: &str) -> Done {
        let named = format!("{module}.{name}");
        if !MOMENTS.contains(&named.as_str()) {
            return Err(Problem::Call(named));
        }
        self.put(Value::Named(named));
        Ok(())
    }

    fn put(&mut self, value: Value) {
        self.stack.push(self.values.len());
        self.values.push(value);
    }

    fn top(&self) -> Result<Place, Problem> {
        self.check_above_mark(self.stack.len().saturating_sub(1))?;
        self.stack.last().copied().ok_or(Problem::Stack)
    }

    fn pop(&mut self) -> Result<Place, Problem> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    /// What lies below the last mark is not taken from above it.
    fn check_above_mark(&self, from: usize) -> Done {
        let mark = self.marks.last().copied().unwrap_or(0);
        if from < mark { Err(Problem::Stack) } else { Ok(()) }
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Place>, Problem> {
        let mark = self.marks.pop().ok_or(Problem::Stack)?;
        Ok(self.stack.split_off(mark))
    }

    fn list(&mut self) -> Result<&mut Vec<Place>, Problem> {
        let top = self.top()?;
        match &mut self.values[top] {
            Value::List(items) => Ok(items),
            other => Err(Problem::Kind(other.kind())),
        }
    }

    fn dict(&mut self) -> Result<&mut Vec<(Place, Place)>, Problem> {
        let top = self.top()?;
        match &mut self.values[top] {
            Value::Dict(entries) => Ok(entries),
            other => Err(Problem::Kind(other.kind())),
        }
    }

    fn keep(&mut self, number: u64) -> Done {
        let top = self.top()?;
        self.memo.insert(number, top);
        Ok(())
    }

    fn recall(&mut self, number: u64) -> Done {
        let place = *self.memo.get(&number).ok_or(Problem::Memo)?;
        self.stack.push(place);
        Ok(())
    }
}

/// The bytes that are still to be read.
struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Problem> {
        let end = self.at.checked_add(count).ok_or(Problem::Ends)?;
        let taken = self.bytes.get(self.at..end).ok_or(Problem::Ends)?;
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Problem> {
        self.take(1).map(|taken| taken[0])
    }

    /// A number of so many bytes, at most eight, the lowest first.
    fn size(&mut self, bytes: usize) -> Result<u64, Problem> {
        let mut number = [0; 8];
        number[..bytes].copy_from_slice(self.take(bytes)?);
        Ok(u64::from_le_bytes(number))
    }

    /// Bytes behind their number.
    fn counted(&mut self, bytes: usize) -> Result<&'a [u8], Problem> {
        let count = self.size(bytes)?;
        self.take(usize::try_from(count).map_err(|_| Problem::Ends)?)
    }

    fn text(&mut self, bytes: usize) -> Result<Value, Problem> {
        Ok(Value::Text(String::from_utf8_lossy(self.counted(bytes)?).into_owned()))
    }

    fn bytes(&mut self, bytes: usize) -> Result<Value, Problem> {
        self.counted(bytes).map(|_| Value::Bytes)
    }

    fn raw_line(&mut self) -> Result<&'a [u8], Problem> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or(Problem::Ends)?;
        self.at += end + 1;
        Ok(&rest[..end])
    }

    fn line(&mut self) -> Result<&'a str, Problem> {
        let line = self.raw_line()?;
        let text = std::str::from_utf8(line)
            .map_err(|_| literal(&String::from_utf8_lossy(line), "text"))?;
        // A file that went through Windows.
        Ok(text.trim_end_matches('\r'))
    }
}

fn pairs(items: &[Place]) -> Result<Vec<(Place, Place)>, Problem> {
    let (pairs, rest) = items.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Problem::Stack);
    }
    Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect())
}

fn number(digits: &str) -> Result<i128, Problem> {
    digits.parse().map_err(|_| literal(digits, "number"))
}

/// A number of so many bytes as there are, the lowest first, in two's complement.
fn long(input: &mut Input<'_>, bytes: usize) -> Result<Value, Problem> {
    const WIDTH: usize = size_of::<i128>();
    let digits = input.counted(bytes)?;
    if digits.len() > WIDTH {
        return Err(literal(&format!("{} bytes", digits.len()), "number that an id can be"));
    }
    let filler = if digits.last().is_some_and(|last| last & 0x80 != 0) { 0xff } else { 0 };
    let mut number = [filler; WIDTH];
    number[..digits.len()].copy_from_slice(digits);
    Ok(Value::Int(i128::from_le_bytes(number)))
}

/// A text as Python 2 writes it into a pickle: between quotes, with escapes.
fn quoted(line: &str) -> Result<String, Problem> {
    let broken = || literal(line, "text in quotes");
    let quote = line.chars().next().filter(|c| matches!(c, '\'' | '"')).ok_or_else(broken)?;
    let inner = line[1..].strip_suffix(quote).ok_or_else(broken)?;
    let mut bytes = Vec::new();
    let mut rest = inner.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next().ok_or_else(broken)? {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'x' => {
                let digits = [rest.next().ok_or_else(broken)?, rest.next().ok_or_else(broken)?];
                let digits = std::str::from_utf8(&digits).map_err(|_| broken())?;
                u8::from_str_radix(digits, 16).map_err(|_| broken())?
            }
            other => other,
        });
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A text as the oldest protocol writes it: Latin-1, with `\u` before the number of any other character.
fn escaped(line: &[u8]) -> String {
    let text: String = line.iter().map(|byte| char::from(*byte)).collect();
    let mut plain = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let digits = match after.as_bytes().first() {
            Some(b'u') => after.get(1..5),
            Some(b'U') => after.get(1..9),
            _ => None,
        };
        let character =
            digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
        match (character, digits) {
            (Some(character), Some(digits)) => {
                plain.push(character);
                rest = &after[1 + digits.len()..];
            }
            _ => {
                plain.push('\\');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn literal(text: &str, what: &'static str) -> Problem {
    const CHARS_MAX: usize = 40;
    Problem::Literal(text.chars().take(CHARS_MAX).collect(), what)
}
