use super::*;

fn meter(memory_bytes: usize, table_elements: usize) -> Meter {
    Meter {
        ledger: Ledger::new(memory_bytes),
        table_elements_max: table_elements,
        instances_max: 10,
        memory_bytes: 0,
        table_elements: 0,
        refused: false,
    }
}

#[test]
fn two_memories_share_one_limit() {
    let mut meter = meter(100, 0);
    assert!(meter.grow_memory(0, 60, 0).is_ok());
    assert!(meter.grow_memory(0, 60, 0).is_err(), "a second memory of 60 makes 120");
    assert!(meter.grow_memory(0, 40, 0).is_ok());
    assert_eq!(meter.memory_bytes(), 100);
}

#[test]
fn memories_tables_and_buffers_share_one_limit() {
    let mut meter = meter(100, 1000);
    assert!(meter.grow_table(0, 2, 0).is_ok());
    let mut buffer = meter.ledger().hold();
    assert!(buffer.grow(40));
    assert!(
        meter.grow_memory(0, 29, 0).is_err(),
        "32 for the table and 40 for the buffer leave 28"
    );
    assert!(meter.grow_memory(0, 28, 1).is_err(), "and 27 with what is kept elsewhere");
    assert!(meter.grow_memory(0, 28, 0).is_ok());
    assert!(!buffer.grow(1) && meter.grow_table(2, 3, 0).is_err());
    drop(buffer);
    assert_eq!(meter.ledger().left(), 40, "what is dropped comes back");
}

#[test]
fn a_refusal_is_remembered_once() {
    let mut meter = meter(1000, 10);
    assert_eq!(meter.grow_table(0, 11, 0).unwrap_err().limit, "table_elements");
    assert!(meter.take_refused());
    assert!(!meter.take_refused());
}

#[test]
fn growth_that_overflows_is_refused() {
    let mut meter = meter(100, usize::MAX);
    assert!(meter.grow_memory(0, 50, 0).is_ok());
    assert!(
        meter.grow_memory(0, usize::MAX, 0).is_err() && meter.grow_table(0, usize::MAX, 0).is_err()
    );
}
