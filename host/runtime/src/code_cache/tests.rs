use super::*;

const EMPTY_COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

struct Cached {
    _directory: tempfile::TempDir,
    engine: wasmtime::Engine,
    cache: CodeCache,
    digest: Digest,
}

fn cached() -> Cached {
    let directory = tempfile::tempdir().unwrap();
    let engine = wasmtime::Engine::default();
    let cache = CodeCache::open(directory.path(), &engine, [7; 32]).unwrap();
    let digest = Digest::of(EMPTY_COMPONENT);
    cache.save(digest, &Component::from_binary(&engine, EMPTY_COMPONENT).unwrap());
    Cached { _directory: directory, engine, cache, digest }
}

#[test]
fn what_was_kept_is_loaded() {
    let cached = cached();
    assert!(cached.cache.load(&cached.engine, cached.digest).is_some());
}

#[test]
fn a_changed_byte_is_not_loaded() {
    let cached = cached();
    let path = cached.cache.path(cached.digest);
    let whole = fs::read(&path).unwrap();
    for place in [0, SEAL_BYTES - 1, SEAL_BYTES, whole.len() - 1] {
        let mut planted = whole.clone();
        planted[place] ^= 1;
        fs::write(&path, planted).unwrap();
        assert!(cached.cache.load(&cached.engine, cached.digest).is_none(), "byte {place}");
    }
    fs::write(&path, &whole[..SEAL_BYTES - 1]).unwrap();
    assert!(cached.cache.load(&cached.engine, cached.digest).is_none(), "cut short");
}

#[test]
fn another_plugins_code_is_not_loaded() {
    let cached = cached();
    let other = Digest::of(b"another plugin");
    fs::copy(cached.cache.path(cached.digest), cached.cache.path(other)).unwrap();
    assert!(cached.cache.load(&cached.engine, other).is_none());
}

#[test]
fn code_sealed_with_another_key_is_not_loaded() {
    let cached = cached();
    let stranger =
        CodeCache { key: [8; 32], directory: cached.cache.directory.clone(), ..cached.cache };
    assert!(stranger.load(&cached.engine, cached.digest).is_none());
}
