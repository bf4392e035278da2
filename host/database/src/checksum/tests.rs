use proptest::prelude::*;

use super::Checksum;

proptest! {
    #[test]
    fn a_wrong_bit_is_always_noticed(mut bytes in prop::collection::vec(any::<u8>(), 1..100), bit in any::<prop::sample::Index>()) {
        let before = Checksum::new().number(7).bytes(&bytes).stored();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert_ne!(before, Checksum::new().number(7).bytes(&bytes).stored());
    }
}

#[test]
fn what_moves_from_one_value_to_the_next_is_noticed() {
    let one = Checksum::new().bytes(b"ab").bytes(b"c").stored();
    assert_ne!(one, Checksum::new().bytes(b"a").bytes(b"bc").stored());
    assert_ne!(Checksum::new().moment(None).stored(), Checksum::new().moment(Some(0)).stored());
    assert_ne!(Checksum::new().bytes(b"").stored(), Checksum::new().bytes(b"\0").stored());
}
