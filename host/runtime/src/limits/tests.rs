use super::*;

fn meter(memory_bytes: usize, table_elements: usize) -> Meter {
    Meter {
        memory_bytes_max: memory_bytes,
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
    assert!(meter.memory_growing(0, 60, None).unwrap());
    assert!(!meter.memory_growing(0, 60, None).unwrap(), "a second memory of 60 makes 120");
    assert!(meter.memory_growing(0, 40, None).unwrap());
    assert_eq!(meter.memory_bytes(), 100);
}

#[test]
fn a_refusal_is_remembered_once() {
    let mut meter = meter(10, 10);
    assert!(!meter.table_growing(0, 11, None).unwrap());
    assert!(meter.take_refused());
    assert!(!meter.take_refused());
}

#[test]
fn growth_that_overflows_is_refused() {
    let mut meter = meter(100, 100);
    assert!(meter.memory_growing(0, 50, None).unwrap());
    assert!(!meter.memory_growing(0, usize::MAX, None).unwrap());
}
