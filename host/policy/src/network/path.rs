//! Whether a path is below another, however a server reads it.

/// How often a path is decoded. A server decodes once; proxies in front of it may, too.
const ROUNDS: usize = 3;

/// Whether `path` is `prefix`, or below it, in every reading: as it stands and with `.` and `..` resolved, decoded once or
/// more, with `\` for `/`, and with or without what follows a `;`.
pub(super) fn is_below(path: &str, prefix: &str) -> bool {
    let prefix = decoded(prefix.as_bytes());
    if prefix == b"/" {
        return true;
    }
    let mut reading = path.as_bytes().to_vec();
    for _ in 0..ROUNDS {
        reading = decoded(&reading);
        let slashed: Vec<u8> =
            reading.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect();
        let readings = [&reading, &slashed, &resolved(&slashed, false), &resolved(&slashed, true)];
        if !readings.into_iter().all(|reading| starts_with(reading, &prefix)) {
            return false;
        }
    }
    // What still changes was meant to be read in more ways than are tried here.
    decoded(&reading) == reading
}

/// Whether a path of a line is in the form that all readings agree on: without `.`, `..`, `//`, `\`, `;`, and without codes
/// for characters that need none.
pub(super) fn is_plain(path: &str) -> bool {
    let decoded_once = decoded(path.as_bytes());
    let needs_code = |byte: u8| !byte.is_ascii_graphic();
    let is_code_needless = path.bytes().filter(|byte| *byte == b'%').count()
        != decoded_once.iter().filter(|byte| needs_code(**byte)).count();
    path.starts_with('/')
        && !is_code_needless
        && !path.contains(['\\', ';', '?', '#'])
        && !path.contains("//")
        && !path.split('/').any(|segment| segment == "." || segment == "..")
}

/// On the border of a segment.
fn starts_with(path: &[u8], prefix: &[u8]) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| prefix.ends_with(b"/") || rest.is_empty() || rest.starts_with(b"/"))
}

/// Replaces `%xx` by its byte, once. What is no code stays.
fn decoded(path: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(path.len());
    let mut at = 0;
    while at < path.len() {
        let code = (path[at] == b'%').then(|| digit(path.get(at + 1)).zip(digit(path.get(at + 2))));
        if let Some(Some((high, low))) = code {
            out.push(u8::try_from(high * 16 + low).expect("two hexadecimal digits are a byte"));
            at += 3;
        } else {
            out.push(path[at]);
            at += 1;
        }
    }
    out
}

/// Resolves `.` and `..`; with `parameters`, after what follows a `;` in each segment was taken off.
fn resolved(path: &[u8], parameters: bool) -> Vec<u8> {
    let mut segments: Vec<&[u8]> = Vec::new();
    let mut all = path.split(|byte| *byte == b'/').skip(1).peekable();
    while let Some(whole) = all.next() {
        let end = whole.iter().position(|byte| *byte == b';').filter(|_| parameters);
        let segment = &whole[..end.unwrap_or(whole.len())];
        let is_last = all.peek().is_none();
        match segment {
            b"." => {}
            b".." => drop(segments.pop()),
            _ => {
                segments.push(segment);
                continue;
            }
        }
        if is_last {
            segments.push(b"");
        }
    }
    let mut out = Vec::with_capacity(path.len());
    for segment in segments {
        out.push(b'/');
        out.extend_from_slice(segment);
    }
    out
}
