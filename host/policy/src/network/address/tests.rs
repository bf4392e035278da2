use super::*;

const NOT_PUBLIC: [&str; 42] = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:5db8:d70e::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
];

const PUBLIC: [&str; 8] = [
    "1.1.1.1",
    "93.184.215.14",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "2a00:1450::1",
    "::ffff:93.184.215.14",
    "64:ff9b::93.184.215.14",
];

#[test]
fn what_is_not_public_is_told_from_what_is() {
    for address in NOT_PUBLIC {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
    for address in PUBLIC {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

#[test]
fn networks_hold_their_addresses_and_their_parts() {
    let network = |text: &str| text.parse::<Network>().unwrap();
    let holds = |text: &str, address: &str| network(text).contains(address.parse().unwrap());
    assert!(holds("10.1.0.0/16", "10.1.255.255") && !holds("10.1.0.0/16", "10.2.0.0"));
    assert!(holds("10.1.0.0/16", "::ffff:10.1.2.3") && holds("10.1.0.0/16", "64:ff9b::10.1.2.3"));
    assert!(holds("0.0.0.0/0", "255.255.255.255") && !holds("0.0.0.0/0", "::1"));
    assert!(holds("::/0", "fe80::1") && !holds("::/0", "1.2.3.4"));
    assert!(holds("127.0.0.1", "127.0.0.1") && !holds("127.0.0.1", "127.0.0.2"));
    assert!(network("10.1.2.0/24").is_within(&network("10.1.0.0/16")));
    assert!(!network("10.0.0.0/8").is_within(&network("10.1.0.0/16")));
    assert!(!network("::ffff:10.1.2.3").is_within(&network("10.1.0.0/16")));
    for text in [
        "10.0.0.1/8",
        "10.0.0.0/",
        "10.0.0.0/+8",
        "10.0.0.0/33",
        "::/129",
        "10.0.0/8",
        "",
        "::1%lo",
    ] {
        assert_eq!(text.parse::<Network>(), Err(()), "{text}");
    }
}
