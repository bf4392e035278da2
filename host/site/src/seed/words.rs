//! The words of the grown productions. Nobody and nothing here exists.

/// First names.
pub(super) const FIRST_NAMES: &[&str] = &[
    "Ada", "Basil", "Cleo", "Dara", "Emre", "Fern", "Gita", "Hugo", "Ilse", "Jonas", "Kaya",
    "Lior", "Mina", "Nils", "Oona", "Pavel", "Quill", "Rosa", "Sten", "Tilda", "Umar", "Vera",
    "Wren", "Yara", "Zeno",
];

/// Last names.
pub(super) const LAST_NAMES: &[&str] = &[
    "Ashgrove",
    "Birchall",
    "Copperly",
    "Dunmere",
    "Eastwick",
    "Fallowell",
    "Greyling",
    "Hazelby",
    "Ironside",
    "Juniper",
    "Kestrelle",
    "Larkfield",
    "Mosswood",
    "Netherby",
    "Oakhollow",
    "Pembrooke",
    "Quarrie",
    "Rushmore",
    "Silverley",
    "Thistledown",
    "Underhill",
    "Vintersby",
    "Willowes",
    "Yarrowfen",
];

/// Departments.
pub(super) const DEPARTMENTS: &[&str] =
    &["Production", "Assets", "Animation", "Lighting", "Compositing", "Editorial"];

/// Sequences; past the last they are numbered.
pub(super) const SEQUENCES: &[&str] = &[
    "ARCH", "BELL", "CAVE", "DAWN", "ECHO", "FERR", "GLAS", "HALL", "ISLE", "JADE", "KILN", "LOFT",
    "MAZE", "NOON", "OPAL", "PARK", "QUAY", "ROOF", "SNOW", "TOWR", "UMBR", "VALE", "WELL", "YARD",
];

/// What assets are like.
pub(super) const QUALITIES: &[&str] = &[
    "Amber", "Broken", "Carved", "Dusty", "Early", "Faded", "Gilded", "Hollow", "Inland", "Jagged",
    "Knotted", "Lonely", "Mossy", "Narrow", "Old", "Painted", "Quiet", "Rusty", "Silver", "Tall",
    "Upper", "Velvet", "Winding", "Young",
];

/// What assets are, and of which type.
pub(super) const THINGS: &[(&str, &str)] = &[
    ("Keeper", "Character"),
    ("Courier", "Character"),
    ("Fox", "Character"),
    ("Clockmaker", "Character"),
    ("Gate", "Environment"),
    ("Bridge", "Environment"),
    ("Market", "Environment"),
    ("Observatory", "Environment"),
    ("Key", "Prop"),
    ("Compass", "Prop"),
    ("Umbrella", "Prop"),
    ("Ladder", "Prop"),
    ("Lamp", "Prop"),
    ("Tram", "Vehicle"),
    ("Barge", "Vehicle"),
    ("Glider", "Vehicle"),
    ("Smoke", "FX"),
    ("Rain", "FX"),
    ("Skyline", "Matte Painting"),
    ("Valley", "Matte Painting"),
];

/// The steps of shots: name, short name, colour.
pub(super) const SHOT_STEPS: &[(&str, &str, &str)] = &[
    ("Layout", "LAY", "129,199,132"),
    ("Animation", "ANM", "255,213,79"),
    ("Matchmove", "MMV", "100,181,246"),
    ("Effects", "FX", "240,98,146"),
    ("Lighting", "LGT", "255,138,101"),
    ("Compositing", "CMP", "161,136,127"),
    ("Roto", "ROT", "144,164,174"),
];

/// The steps of assets: name, short name, colour.
pub(super) const ASSET_STEPS: &[(&str, &str, &str)] = &[
    ("Model", "MDL", "149,117,205"),
    ("Texture", "TEX", "77,182,172"),
    ("Rig", "RIG", "121,134,203"),
    ("Look", "LOK", "79,195,247"),
    ("Groom", "GRM", "174,213,129"),
];

/// What is published of a task: name and short name of the type, and how its files end.
pub(super) const FILE_TYPES: &[(&str, &str, &str)] = &[
    ("Scene File", "scn", "scn"),
    ("Geometry Cache", "abc", "abc"),
    ("Image Sequence", "img", "%04d.exr"),
    ("Camera", "cam", "abc"),
];

/// What people write about versions.
pub(super) const REMARKS: &[&str] = &[
    "The silhouette reads now. Please keep it.",
    "Too much grain in the shadows.",
    "Approved with the fix of the last two frames.",
    "Could the camera settle four frames earlier?",
    "The contact shadow under the wheel is missing.",
    "Client likes it; a touch less haze in the distance.",
    "Please match the colour of the previous shot.",
    "There is a pop at the loop point.",
];

/// What people answer.
pub(super) const ANSWERS: &[&str] = &[
    "Done in the next version.",
    "Will do.",
    "Is this still wanted after the recut?",
    "Fixed.",
    "Let us look at it in dailies.",
];
