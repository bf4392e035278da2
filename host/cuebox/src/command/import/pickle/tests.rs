use super::{Node, Pickle, Problem};

/// One daemon's states, `{"/sg/plugins": {"logArgs": (1234, {1230: moment, 1231: moment}), "roll": (70000, {})}}`, as Python 3 pickles them
/// in protocols 0 to 5, with moments in the client's local time zone.
pub(in super::super) const STATES: [&str; 6] = [
    "286470300a562f73672f706c7567696e730a70310a286470320a566c6f67417267730a70330a2849313233340a286470340a49313233300a63646174\
     6574696d650a6461746574696d650a70350a28635f636f646563730a656e636f64650a70360a285607ea0302081e5c75303030305c75303030305c75\
     303030305c75303030300a70370a566c6174696e310a70380a7470390a527031300a6373686f7467756e5f617069332e6c69622e736774696d657a6f\
     6e650a4c6f63616c54696d657a6f6e650a7031310a2874527031320a747031330a527031340a7349313233310a6731340a73747031350a7356726f6c\
     6c0a7031360a284937303030300a28647031370a747031380a73732e",
    "7d7100580b0000002f73672f706c7567696e7371017d71022858070000006c6f67417267737103284dd2047d7104284dce04636461746574696d650a\
     6461746574696d650a710528635f636f646563730a656e636f64650a710628580b00000007c3aa0302081e00000000710758060000006c6174696e31\
     710874710952710a6373686f7467756e5f617069332e6c69622e736774696d657a6f6e650a4c6f63616c54696d657a6f6e650a710b2952710c74710d\
     52710e4dcf04680e7574710f5804000000726f6c6c7110284a701101007d711174711275732e",
    "80027d7100580b0000002f73672f706c7567696e7371017d71022858070000006c6f674172677371034dd2047d7104284dce04636461746574696d65\
     0a6461746574696d650a7105635f636f646563730a656e636f64650a7106580b00000007c3aa0302081e00000000710758060000006c6174696e3171\
     0886710952710a6373686f7467756e5f617069332e6c69622e736774696d657a6f6e650a4c6f63616c54696d657a6f6e650a710b2952710c86710d52\
     710e4dcf04680e7586710f5804000000726f6c6c71104a701101007d711186711275732e",
    "80037d7100580b0000002f73672f706c7567696e7371017d71022858070000006c6f674172677371034dd2047d7104284dce04636461746574696d65\
     0a6461746574696d650a7105430a07ea0302081e0000000071066373686f7467756e5f617069332e6c69622e736774696d657a6f6e650a4c6f63616c\
     54696d657a6f6e650a71072952710886710952710a4dcf04680a7586710b5804000000726f6c6c710c4a701101007d710d86710e75732e",
    "8004959d000000000000007d948c0b2f73672f706c7567696e73947d94288c076c6f6741726773944dd2047d94284dce048c086461746574696d6594\
     8c086461746574696d65949394430a07ea0302081e00000000948c1b73686f7467756e5f617069332e6c69622e736774696d657a6f6e65948c0d4c6f\
     63616c54696d657a6f6e65949394295294869452944dcf04680e7586948c04726f6c6c944a701101007d94869475732e",
    "8005959d000000000000007d948c0b2f73672f706c7567696e73947d94288c076c6f6741726773944dd2047d94284dce048c086461746574696d6594\
     8c086461746574696d65949394430a07ea0302081e00000000948c1b73686f7467756e5f617069332e6c69622e736774696d657a6f6e65948c0d4c6f\
     63616c54696d657a6f6e65949394295294869452944dcf04680e7586948c04726f6c6c944a701101007d94869475732e",
];

/// The same in the words of Python 2.
pub(in super::super) const STATES_PYTHON_2: &[u8] = b"(dp0\nS'/sg/plugins'\np1\n(dp2\nS'logArgs'\np3\n(I1234\n(dp4\nI1230\ncdatetime\ndatetime\np5\n\
(S'\\x07\\xea\\x03\\x02\\x08\\x1e\\x00\\x00\\x00\\x00'\np6\nccopy_reg\n_reconstructor\np7\n(cshotgun_api3.lib.sgtimezone\nLocalTimezone\np8\n\
c__builtin__\nobject\np9\nNtRp10\ntp11\nRp12\nsL1231L\ng12\nstp13\nsS'roll'\np14\n(I70000\n(dp15\ntp16\nss.";

pub(in super::super) fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("it is hexadecimal");
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// What was read, as Python shows it.
fn shown(node: Node<'_>, depth: usize) -> String {
    if depth == 0 {
        return "…".to_owned();
    }
    let show = |node| shown(node, depth - 1);
    if let Some(number) = node.int() {
        return number.to_string();
    }
    if let Some(text) = node.text() {
        return format!("{text:?}");
    }
    if let Some(entries) = node.entries() {
        let entries = entries.map(|(key, value)| format!("{}: {}", show(key), show(value)));
        return format!("{{{}}}", entries.collect::<Vec<_>>().join(", "));
    }
    match node.items() {
        Some(items) => format!("({})", items.into_iter().map(show).collect::<Vec<_>>().join(", ")),
        None => node.kind().to_owned(),
    }
}

fn read(bytes: &[u8]) -> String {
    let pickle = Pickle::read(bytes).unwrap_or_else(|error| panic!("{error}: {bytes:?}"));
    shown(pickle.root(), 10)
}

fn refused(bytes: &[u8]) -> Problem {
    Pickle::read(bytes).expect_err("it is refused").problem
}

#[test]
fn every_protocol_is_read() {
    let expected = "{\"/sg/plugins\": {\"logArgs\": (1234, {1230: a moment of time, 1231: a moment of time}), \"roll\": (70000, {})}}";
    for hex in STATES {
        assert_eq!(read(&bytes(hex)), expected);
    }
    assert_eq!(read(STATES_PYTHON_2), expected);
}

#[test]
fn plain_data_of_every_kind_is_read() {
    let cases: [(&[u8], &str); 16] = [
        (b"I12\n.", "12"),
        (b"I01\n.", "a truth value"),
        (b"L-5L\n.", "-5"),
        (b"J\xff\xff\xff\xff.", "-1"),
        (b"\x8a\x00.", "0"),
        (b"\x8a\x02\x00\xff.", "-256"),
        (b"\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01.", "18446744073709551616"),
        (b"N.", "nothing"),
        (b"F1.5\n.", "a fraction"),
        (b"S\"it's\\n\\x41\"\n.", "\"it's\\nA\""),
        (b"Vk\\u00f6nig \\x \xe9\n.", "\"k\u{f6}nig \\\\x \u{e9}\""),
        (b"X\x02\x00\x00\x00\xc3\xb6.", "\"\u{f6}\""),
        (b"(lI1\na(I2\nI3\ne.", "(1, 2, 3)"),
        (b"(I1\nI2\nt.", "(1, 2)"),
        (b"]q\x00(K\x01h\x00e.", "(1, (1, (1, (1, (1, (1, (1, (1, (1, (…, …))))))))))"),
        (b"(K\x01K\x02d0}.", "{}"),
    ];
    for (bytes, expected) in cases {
        assert_eq!(read(bytes), expected, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn nothing_is_called() {
    for (bytes, name) in [
        (&b"cos\nsystem\n(S'true'\ntR."[..], "os.system"),
        (b"c__builtin__\neval\n(S'1'\ntR.", "__builtin__.eval"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.", "os.system"),
        (b"cdatetime\ndatetime.__class__\n.", "datetime.datetime.__class__"),
        (b"cshotgun_api3.lib.sgtimezone\nos\n.", "shotgun_api3.lib.sgtimezone.os"),
    ] {
        assert_eq!(refused(bytes), Problem::Call(name.to_owned()));
    }
    // An instance, an object, an extension, a persistent thing.
    for bytes in
        [&b"(S'x'\nios\nsystem\n."[..], b"(cdatetime\ndatetime\no.", b"\x82\x01.", b"Pfile\n."]
    {
        assert!(matches!(refused(bytes), Problem::Operation(_)), "{bytes:?}");
    }
    // Only what was named is called, and only what was made has a state.
    assert_eq!(refused(b"S'x'\n)R."), Problem::Kind("a text"));
    assert_eq!(refused(b"}}b."), Problem::Kind("a dictionary"));
}

#[test]
fn what_is_broken_is_refused() {
    assert_eq!(refused(b""), Problem::Ends);
    assert_eq!(refused(b"}"), Problem::Ends);
    assert_eq!(refused(b"X\xff\xff\xff\xffx."), Problem::Ends);
    assert_eq!(refused(b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff."), Problem::Ends);
    assert_eq!(refused(b"\x80\x06."), Problem::Protocol(6));
    assert_eq!(refused(b"."), Problem::Stack);
    assert_eq!(refused(b"}I1\nu."), Problem::Stack);
    assert_eq!(refused(b"}(I1\nu."), Problem::Stack);
    assert_eq!(refused(b"I1\n(I2\n\x86."), Problem::Stack);
    assert_eq!(refused(b"h\x07."), Problem::Memo);
    assert_eq!(refused(b"I1\n(I2\nu."), Problem::Stack);
    assert_eq!(refused(b"Ix\n."), Problem::Literal("x".to_owned(), "number"));
    assert_eq!(refused(b"}I1\na."), Problem::Kind("a dictionary"));
    let at = Pickle::read(b"}q\x00cos\nsystem\n.").expect_err("it is refused");
    assert_eq!(
        at.to_string(),
        "byte 3: it would call `os.system`; plain data and moments of time are read, and nothing is called"
    );
}

#[test]
fn no_bytes_break_it() {
    let mut state = 7_u64;
    let mut random = move |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits fit") % below
    };
    let mut readable = 0;
    for hex in STATES {
        let whole = bytes(hex);
        for end in 0..whole.len() {
            assert!(Pickle::read(&whole[..end]).is_err(), "cut after {end}");
        }
        for _ in 0..5_000 {
            let mut spoilt = whole.clone();
            for _ in 0..=random(4) {
                let at = random(spoilt.len());
                spoilt[at] = u8::try_from(random(256)).expect("it is below 256");
            }
            if let Ok(pickle) = Pickle::read(&spoilt) {
                shown(pickle.root(), 6);
                readable += 1;
            }
        }
    }
    assert!(
        readable > 1_000,
        "only {readable} of 30,000 can be read: they are too spoilt to show much"
    );
}
