use minisign::KeyPair;

use super::{Key, Verdict, judge};

fn key_pair() -> KeyPair {
    KeyPair::generate_unencrypted_keypair().unwrap()
}

fn key(name: &str, pair: &KeyPair) -> Key {
    Key::parse(name, &pair.pk.to_base64()).unwrap()
}

fn sign(bytes: &[u8], pair: &KeyPair) -> String {
    minisign::sign(None, &pair.sk, bytes, Some("file:a.wasm\tv1"), None).unwrap().into_string()
}

#[test]
fn every_kind_of_signature_has_its_verdict() {
    let (vendor, other, stranger) = (key_pair(), key_pair(), key_pair());
    let keys = [key("other", &other), key("vendor", &vendor)];
    let bytes = b"the bytes of a plugin";
    let good = sign(bytes, &vendor);
    let good_verdict =
        Verdict::Good { key: "vendor".to_owned(), comment: "file:a.wasmv1".to_owned() };
    let modified = Verdict::Modified { key: "vendor".to_owned() };
    let trusted_line = good.replace("file:a.wasm", "file:b.wasm");
    let cases: [(&str, &[u8], Option<&str>, Verdict); 8] = [
        ("unsigned", bytes, None, Verdict::Unsigned),
        ("good", bytes, Some(&good), good_verdict),
        ("another's key", bytes, Some(&sign(bytes, &stranger)), Verdict::UnknownKey),
        ("a byte more", b"the bytes of a plugin!", Some(&good), modified.clone()),
        ("a byte changed", b"The bytes of a plugin", Some(&good), modified.clone()),
        ("another comment", bytes, Some(&trusted_line), modified.clone()),
        ("of another file", bytes, Some(&sign(b"other bytes", &vendor)), modified),
        ("garbled", bytes, Some("untrusted comment: x\nAAAA"), Verdict::Garbled),
    ];
    for (name, bytes, signature, verdict) in cases {
        assert_eq!(judge(bytes, signature, &keys), verdict, "{name}");
    }
    assert_eq!(
        judge(bytes, Some(&good), &[]),
        Verdict::UnknownKey,
        "without a key nothing is good"
    );
}

#[test]
fn what_is_no_key_is_refused() {
    for text in ["", "RW", "not a key", "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO"] {
        let said = Key::parse("a", text).unwrap_err().to_string();
        assert!(said.starts_with("is not a public key of minisign"), "{text}: {said}");
    }
}
