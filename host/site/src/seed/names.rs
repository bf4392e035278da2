//! The words of the invented production. Nobody and nothing here exists.

/// People: first name, last name, login.
pub(super) const PEOPLE: &[(&str, &str, &str)] = &[
    ("Ines", "Tallow", "ines"),
    ("Bo", "Wrenfield", "bo"),
    ("Tomas", "Redgate", "tomas"),
    ("Yuki", "Aldermoor", "yuki"),
    ("Samir", "Holtby", "samir"),
    ("Priya", "Lindqvale", "priya"),
    ("Noor", "Vancely", "noor"),
];

/// Sequences, what they are about, and how many shots each has.
pub(super) const SEQUENCES: &[(&str, &str, u64)] = &[
    ("TIDE", "The boat leaves the harbour before dawn", 8),
    ("PIER", "The keeper finds the lantern on the pier", 7),
    ("GALE", "The storm, and the light that goes out", 6),
];

/// Assets and their types.
pub(super) const ASSETS: &[(&str, &str)] = &[
    ("Keeper Orla", "Character"),
    ("Pim the Otter", "Character"),
    ("Harbour Wall", "Environment"),
    ("Lighthouse", "Environment"),
    ("Brass Lantern", "Prop"),
    ("Rowing Boat", "Vehicle"),
    ("Sea Fog", "FX"),
];

/// Pipeline steps: name, short name, type of what they work on, colour.
pub(super) const STEPS: &[(&str, &str, &str, &str)] = &[
    ("Model", "MDL", "Asset", "149,117,205"),
    ("Rig", "RIG", "Asset", "121,134,203"),
    ("Look", "LOK", "Asset", "79,195,247"),
    ("Layout", "LAY", "Shot", "129,199,132"),
    ("Animation", "ANM", "Shot", "255,213,79"),
    ("Lighting", "LGT", "Shot", "255,138,101"),
    ("Compositing", "CMP", "Shot", "161,136,127"),
];

/// Notes that are there from the start.
pub(super) const NOTES: &[(&str, &str)] = &[
    ("Light of the lantern", "It should be the only warm light in the sequence."),
    ("Height of the tide", "Two steps lower than on the storyboard, please."),
    ("Pim's whiskers", "They pass through the rope when he turns."),
    ("Fog layers", "Three are enough; the fourth costs more than it shows."),
];
