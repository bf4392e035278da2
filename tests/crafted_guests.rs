//! Components that no toolchain makes, for `cuebox selftest --hostile`: guests that break the rules of the boundary itself, and files that
//! are an attack before anything of them runs. Used by the program's build script.

use std::fmt::Write as _;
use std::path::Path;

use wasm_encoder::{ComponentSection as _, InstanceSection, Module, ModuleArg, ModuleSection};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A guest of a few instructions. What is not said is as in an honest one that does nothing.
struct Crafted {
    name: &'static str,
    memory: &'static str,
    /// More of the module: memories, tables, a start.
    more: &'static str,
    realloc: &'static str,
    register: &'static str,
    handle: &'static str,
}

const HONEST: Crafted = Crafted {
    name: "honest",
    memory: "4",
    more: "",
    realloc: "(local $at i32)
        (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
        (global.set $next (i32.add (local.get $at) (local.get 3)))
        (local.get $at)",
    // One callback, `hostile`, for every event.
    register: "(i32.const 1024)",
    // `ok(done)`: zeros.
    handle: "(i32.const 1200)",
};

/// Rows that are an address and a length each: the same 64 KiB, all zeros, a thousand times.
const ALIASES: &str = "(local $row i32)
    (loop $rows
        (i32.store (i32.add (i32.const 131072) (i32.mul (local.get $row) (i32.const 8))) (i32.const 196608))
        (i32.store (i32.add (i32.const 131076) (i32.mul (local.get $row) (i32.const 8))) (i32.const 65536))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br_if $rows (i32.lt_u (local.get $row) (i32.const 1024))))
    (call $create (i32.const 1100) (i32.const 7) (i32.const 2016) (i32.const 2) (i32.const 131072) (i32.const 1024) (i32.const 1600))
    (i32.const 1200)";

const CRAFTED: [Crafted; 18] = [
    HONEST,
    Crafted {
        name: "invalid-text",
        handle: "(call $log (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 2000) (i32.const 3)) (i32.const 1200)",
        ..HONEST
    },
    Crafted {
        name: "pointer-outside",
        handle: "(call $log (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 0xfffffff0) (i32.const 8)) (i32.const 1200)",
        ..HONEST
    },
    Crafted {
        name: "length-outside",
        handle: "(call $log (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 64) (i32.const 0xffffffff)) (i32.const 1200)",
        ..HONEST
    },
    Crafted {
        name: "no-such-level",
        handle: "(call $log (i32.const 99) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 1200)",
        ..HONEST
    },
    Crafted {
        name: "invented-handle",
        handle: "(call $get (i32.const 7777) (i32.const 1100) (i32.const 7) (i32.const 1600)) (i32.const 1200)",
        ..HONEST
    },
    Crafted {
        name: "handle-dropped-twice",
        handle: "(call $open (i32.const 2003) (i32.const 7) (i32.const 1600))
            (call $drop (i32.load (i32.const 1604))) (call $drop (i32.load (i32.const 1604))) (i32.const 1200)",
        ..HONEST
    },
    Crafted { name: "answer-outside", handle: "(i32.const 0xfffffff0)", ..HONEST },
    Crafted {
        name: "answer-of-no-kind",
        handle: "(i32.store8 (i32.const 1204) (i32.const 200)) (i32.const 1200)",
        ..HONEST
    },
    Crafted { name: "realloc-outside", realloc: "(i32.const 0xfffffff0)", ..HONEST },
    Crafted {
        name: "call-while-copying",
        realloc: "(call $delete (i32.const 1100) (i32.const 7) (i64.const 1) (i32.const 1600)) (i32.const 65536)",
        ..HONEST
    },
    Crafted {
        name: "list-of-millions",
        register: "(i32.store (i32.const 1032) (i32.const 0x04000000)) (i32.const 1024)",
        ..HONEST
    },
    Crafted { name: "aliased-list", handle: ALIASES, ..HONEST },
    Crafted { name: "declared-memory", memory: "65536", ..HONEST },
    Crafted {
        name: "many-memories",
        more: "(memory 16) (memory 16) (memory 16) (memory 16) (memory 16) (memory 16) (memory 16) (memory 16) (memory 16)
            (memory 16) (memory 16) (memory 16)",
        ..HONEST
    },
    Crafted {
        name: "grown-table",
        more: "(table $grown 0 funcref)",
        handle: "(loop $more
                (br_if $more (i32.ne (table.grow $grown (ref.null func) (i32.const 1000)) (i32.const -1))))
            unreachable",
        ..HONEST
    },
    Crafted { name: "grown-memory", handle: "(loop $more
                (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
            unreachable", ..HONEST },
    Crafted { name: "spinning-start", more: "(func $spin (loop $on (br $on))) (start $spin)", ..HONEST },
];

/// Levels of components, and how often each makes the one below it.
const NESTED: (usize, usize) = (14, 10);

/// Loops in one another, and variables that each of them may change.
const LOOPS: usize = 3_000;

/// Core instances of nothing, beside those of an honest component.
const INSTANCES: usize = 900;

/// All of them, by name. `wit` is the folder of the contract.
pub fn build(wit: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let mut built: Vec<_> =
        CRAFTED.iter().map(|crafted| (crafted.name, component(crafted, wit))).collect();
    let honest = built[0].1.clone();
    built.push(("many-instances", with_instances(honest)));
    built.push(("nested-bomb", wat::parse_str(nested()).expect("a component")));
    built.push(("loops-bomb", wat::parse_str(loops()).expect("a component")));
    built
}

fn component(crafted: &Crafted, wit: &Path) -> Vec<u8> {
    let Crafted { memory, more, realloc, register, handle, .. } = crafted;
    let text = format!(
        r#"(module
        (import "wasi:logging/logging@0.1.0-draft" "log" (func $log (param i32 i32 i32 i32 i32)))
        (import "cuebox:plugin/shotgun@0.1.0" "delete" (func $delete (param i32 i32 i64 i32)))
        (import "cuebox:plugin/shotgun@0.1.0" "create" (func $create (param i32 i32 i32 i32 i32 i32 i32)))
        (import "wasi:keyvalue/store@0.2.0-draft" "open" (func $open (param i32 i32 i32)))
        (import "wasi:keyvalue/store@0.2.0-draft" "[method]bucket.get" (func $get (param i32 i32 i32 i32)))
        (import "wasi:keyvalue/store@0.2.0-draft" "[resource-drop]bucket" (func $drop (param i32)))
        (memory (export "memory") {memory})
        (global $next (mut i32) (i32.const 65536))
        {more}
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {realloc})
        (func (export "cuebox:plugin/callbacks@0.1.0#register") (result i32) {register})
        (func (export "cuebox:plugin/callbacks@0.1.0#handle") (param i32) (result i32) {handle})
        (data (i32.const 1024) "\00\00\00\00\10\04\00\00\01\00\00\00")
        (data (i32.const 1040) "\4c\04\00\00\07\00\00\00\00\00\00\00\00\00\00\00")
        (data (i32.const 1100) "hostile")
        (data (i32.const 2000) "\ff\fe\ffdefault")
        (data (i32.const 2016) "{{}}"))"#
    );
    let mut module =
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{}: {error}", crafted.name));
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit).expect("the contract can be read");
    let world =
        resolve.select_world(&[package], Some("plugin")).expect("it has the world `plugin`");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .expect("a module takes a section");
    let encoder = ComponentEncoder::default().validate(true).module(&module);
    let encoded = encoder.and_then(|mut encoder| encoder.encode());
    encoded.unwrap_or_else(|error| panic!("{}: {error:#}", crafted.name))
}

/// Appends a module of nothing, and instances of it.
fn with_instances(mut component: Vec<u8>) -> Vec<u8> {
    let read = artifact::Component::read(&component).expect("it was encoded");
    let module = u32::try_from(read.modules).expect("a few");
    ModuleSection(&Module::new()).append_to_component(&mut component);
    let mut instances = InstanceSection::new();
    for _ in 0..INSTANCES {
        instances.instantiate(module, Vec::<(&str, ModuleArg)>::new());
    }
    instances.append_to_component(&mut component);
    component
}

/// Components that are made of components: each level is ten times the one below.
fn nested() -> String {
    let (levels, times) = NESTED;
    let mut text =
        "(component (component $c0 (core module $m) (core instance (instantiate $m)))".to_owned();
    for level in 1..=levels {
        let below = format!("(instance (instantiate $c{}))", level - 1).repeat(times);
        write!(text, "(component $c{level} {below})").expect("a text takes text");
    }
    write!(text, "(instance (instantiate $c{levels})))").expect("a text takes text");
    text
}

/// A small function whose compilation takes time and memory with the square of its size.
fn loops() -> String {
    let mut text =
        format!("(component (core module (func (param i32) (local {})", "i64 ".repeat(LOOPS));
    text += &"loop ".repeat(LOOPS);
    for number in 0..LOOPS {
        let (to, from) = (number + 1, (number * 7) % LOOPS + 1);
        write!(text, "(local.set {to} (i64.add (local.get {from}) (i64.const 1)))")
            .expect("a text takes text");
    }
    text += &"(br_if 0 (local.get 0)) end ".repeat(LOOPS);
    text + ")))"
}
