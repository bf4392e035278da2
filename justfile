# Daily work. `just` alone lists the recipes.

default:
    @just --list

# Everything that CI runs.
check:
    .ci/run

# All tests; the guests are built on the way.
test *ARGS:
    cargo test --workspace {{ARGS}}

# A site, a crew and a host with the example plugins.
demo *ARGS:
    cargo run --release -- demo {{ARGS}}

# The stand-in site by itself.
site *ARGS:
    cargo run --release -- site {{ARGS}}

# Builds the example plugins into target/wasm32-wasip2/plugin/.
plugins:
    cargo build --profile plugin --target wasm32-wasip2 $(ls example-plugins | sed 's/^/-p /')

# What Python plugins run in, into target/python-runtime/; needs python3.
python-runtime *FOLDER:
    plugin-sdk/python-runtime/build {{FOLDER}}

# What JavaScript plugins that are plain files run in, into target/javascript-runtime/; needs node.
javascript-runtime *FOLDER:
    plugin-sdk/javascript-runtime/build {{FOLDER}}

# Figures: events per second, latency, memory, swap time.
bench *ARGS:
    cargo bench -p cuebox --bench host -- {{ARGS}}

# Made-up worlds: ten thousand, or CUEBOX_SEEDS=20000..30000. A failing one is run again with CUEBOX_SEEDS=N..N+1.
worlds:
    cargo test -p cuebox --bins -- --nocapture simulation::

# A thousand power cuts under load: some minutes. The tests make fewer.
kills:
    cargo test -p cuebox --test it -- --ignored --nocapture a_thousand_kills

# The table of messages in tests/refusals.txt, written anew.
refusals:
    UPDATE_EXPECT=1 cargo test -p cuebox --test it refusal

fmt:
    cargo fmt --all
