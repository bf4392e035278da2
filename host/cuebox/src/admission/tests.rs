use artifact::embed::embed;
use artifact::signature::Key;
use config::{SignatureRule, Signatures, TrustedKey};
use database::{ArtifactRow, ArtifactState};
use eventlog::Timestamp;
use expect_test::{Expect, expect};
use minisign::KeyPair;
use policy::setting::{SettingValue, Values};
use runtime::Digest;

use super::{Admitted, Refused, Rules};
use crate::lock::{Lock, Pin};

const HEAD: &str =
    "[plugin]\nname = \"a\"\nversion = \"1.0.0\"\ndescription = \"x\"\nauthors = [\"A\"]\n";

fn component(manifest: Option<&str>) -> Vec<u8> {
    let plain = wat::parse_str("(component)").unwrap();
    manifest.map_or(plain.clone(), |text| embed(&plain, &format!("{HEAD}{text}")).unwrap())
}

/// A component whose author asks for these lines of the site.
fn asking(lines: &[&str]) -> Vec<u8> {
    let lines: Vec<_> =
        lines.iter().map(|line| format!("{{ grant = \"{line}\", why = \"y\" }}")).collect();
    component(Some(&format!("[needs]\nshotgun = [{}]", lines.join(", "))))
}

fn rules() -> Rules {
    Rules {
        plugin: "vendor-a".to_owned(),
        signatures: Signatures { required: SignatureRule::IfPresent, keys: Vec::new() },
        lock: None,
        settings: Values::new(),
        known: Vec::new(),
    }
}

fn row(bytes: &[u8], state: ArtifactState) -> ArtifactRow {
    let manifest = artifact::Component::read(bytes).unwrap().manifest;
    ArtifactRow { digest: Digest::of(bytes).to_string(), state, manifest, at: Timestamp(0) }
}

#[track_caller]
fn refused(result: Result<Admitted, Refused>, expected: Expect) {
    expected.assert_eq(&result.expect_err("must be refused").to_string());
}

struct Signer {
    pair: KeyPair,
    name: &'static str,
}

impl Signer {
    fn new(name: &'static str) -> Self {
        Self { pair: KeyPair::generate_unencrypted_keypair().unwrap(), name }
    }

    fn sign(&self, bytes: &[u8]) -> String {
        minisign::sign(None, &self.pair.sk, bytes, None, None).unwrap().into_string()
    }

    fn trusted(&self, plugins: &[&str]) -> TrustedKey {
        let key = Key::parse(self.name, &self.pair.pk.to_base64()).unwrap();
        TrustedKey { key, plugins: plugins.iter().map(|name| (*name).to_owned()).collect() }
    }
}

/// Every kind of signature under every rule: what is let in, and what is said of the rest.
#[test]
fn who_signed_decides_under_each_rule() {
    use SignatureRule::{Always, IfPresent, Never};
    let (vendor, other, stranger) = (Signer::new("vendor"), Signer::new("other"), Signer::new("x"));
    let bytes = component(None);
    let changed = component(Some(""));
    let signatures = [
        ("unsigned", None, &bytes),
        ("good", Some(vendor.sign(&bytes)), &bytes),
        ("a stranger's", Some(stranger.sign(&bytes)), &bytes),
        ("of a key for other plugins", Some(other.sign(&bytes)), &bytes),
        ("of a file that was changed since", Some(vendor.sign(&bytes)), &changed),
        ("garbled", Some("RW".to_owned()), &bytes),
    ];
    let mut table = String::new();
    for (name, signature, bytes) in &signatures {
        for rule in [Never, IfPresent, Always] {
            let keys = vec![vendor.trusted(&["vendor-*"]), other.trusted(&["other", "vendor"])];
            let rules = Rules { signatures: Signatures { required: rule, keys }, ..rules() };
            let said = match rules.admit(bytes, signature.as_deref()) {
                Ok(_) => "let in".to_owned(),
                Err(refused) => refused.to_string(),
            };
            table += &format!("{name}, {rule:?}: {said}\n");
        }
    }
    expect![[r#"
        unsigned, Never: let in
        unsigned, IfPresent: let in
        unsigned, Always: it is not signed, and `required = "always"` stands under [plugins.signatures]; its signature belongs in the file beside it that ends in .minisig
        good, Never: let in
        good, IfPresent: let in
        good, Always: let in
        a stranger's, Never: let in
        a stranger's, IfPresent: it is signed with a key that does not vouch for plugin `vendor-a`; if the key is trusted, write it under [plugins.signatures.key.NAME]
        a stranger's, Always: it is signed with a key that does not vouch for plugin `vendor-a`; if the key is trusted, write it under [plugins.signatures.key.NAME]
        of a key for other plugins, Never: let in
        of a key for other plugins, IfPresent: it is signed with a key that does not vouch for plugin `vendor-a`; if the key is trusted, write it under [plugins.signatures.key.NAME]
        of a key for other plugins, Always: it is signed with a key that does not vouch for plugin `vendor-a`; if the key is trusted, write it under [plugins.signatures.key.NAME]
        of a file that was changed since, Never: let in
        of a file that was changed since, IfPresent: it was changed after it was signed with the key `vendor`, or the signature in the file beside it that ends in .minisig is that of another file
        of a file that was changed since, Always: it was changed after it was signed with the key `vendor`, or the signature in the file beside it that ends in .minisig is that of another file
        garbled, Never: let in
        garbled, IfPresent: what stands in the file beside it that ends in .minisig is not a signature of minisign
        garbled, Always: what stands in the file beside it that ends in .minisig is not a signature of minisign
    "#]].assert_eq(&table);
}

#[test]
fn what_is_not_locked_is_refused_with_both_digests() {
    let bytes = component(None);
    let digest = Digest::of(&bytes).to_string();
    let lock = |digest: &str| {
        let pin = Pin { digest: digest.to_owned(), version: None };
        Some(Lock { plugin: [("vendor-a".to_owned(), pin)].into() })
    };
    assert!(Rules { lock: lock(&digest), ..rules() }.admit(&bytes, None).is_ok());
    refused(
        Rules { lock: lock(&"0".repeat(64)), ..rules() }.admit(&bytes, None),
        expect![
            "it is not in the lock file; `cuebox lock` takes it in: locked is 0000000000000000000000000000000000000000000000000000000000000000, this is 24eaf3439a60c96764c4f2c92a0a81b52bd4fe5d5b91f090184a0f6486b1bf29"
        ],
    );
    refused(
        Rules { lock: Some(Lock::default()), ..rules() }.admit(&bytes, None),
        expect![
            "it is not in the lock file; `cuebox lock` takes it in: locked is nothing, this is 24eaf3439a60c96764c4f2c92a0a81b52bd4fe5d5b91f090184a0f6486b1bf29"
        ],
    );
}

#[test]
fn a_manifest_and_settings_that_are_wrong_are_refused_with_their_place() {
    refused(
        rules().admit(&component(Some("[needs]\nshotgun = 1")), None),
        expect![[r#"
        its plugin.toml is refused:
        plugin.toml:7:11: needs.shotgun = 1: is a whole number; write a list of { grant = "…", why = "…" }"#]],
    );
    let declares = component(Some("[settings.count]\ntype = \"integer\"\ndescription = \"x\"\n"));
    let many = Values::from([("count".to_owned(), SettingValue::Text("many".to_owned()))]);
    refused(
        Rules { settings: many.clone(), ..rules() }.admit(&declares, None),
        expect!["plugin.vendor-a.settings.count is a text; the plugin wants a whole number"],
    );
    // A plugin that declares nothing takes anything.
    let admitted = Rules { settings: many.clone(), ..rules() }.admit(&component(None), None);
    assert_eq!(admitted.unwrap().settings, many);
}

#[test]
fn a_file_that_asks_for_more_than_the_one_that_runs_is_held() {
    let runs = asking(&["read Task.content"]);
    let more = asking(&["read Task.content,sg_status_list", "update Shot.code"]);
    let with = |known: &[(&[u8], ArtifactState)]| Rules {
        known: known.iter().map(|(bytes, state)| row(bytes, *state)).collect(),
        ..rules()
    };
    use ArtifactState::{Approved, Held, Running};
    assert!(rules().admit(&more, None).is_ok(), "the first file of a plugin");
    refused(
        with(&[(&runs, Running)]).admit(&more, None),
        expect![
            "it asks for more than the version that ran before: shotgun read Task.sg_status_list; shotgun update Shot.code; `cuebox approve vendor-a` shows it"
        ],
    );
    assert!(with(&[(&runs, Running), (&more, Held)]).admit(&more, None).is_err());
    assert!(with(&[(&runs, Running), (&more, Approved)]).admit(&more, None).is_ok());
    // Less, and the same in another form, is no more.
    assert!(with(&[(&more, Running)]).admit(&runs, None).is_ok());
    let same = asking(&["update Shot.code", "read Task.sg_status_list", "read Task.content"]);
    assert!(with(&[(&more, Running)]).admit(&same, None).is_ok());
    // Who says no more what it needs would have all that is granted.
    refused(
        with(&[(&runs, Running)]).admit(&component(None), None),
        expect![
            "it asks for more than the version that ran before: it does not say any more what it needs; `cuebox approve vendor-a` shows it"
        ],
    );
    assert!(with(&[(&component(None), Running)]).admit(&more, None).is_ok());
}
