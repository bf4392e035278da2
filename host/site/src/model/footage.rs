//! Footage: frames, written as feet of film and frames, `10-05`.

/// Frames on a foot of 35 mm film, the service's preference unless it is changed.
const FRAMES_PER_FOOT: i64 = 16;

/// Reads `10-05`, or a number of frames. None if it is neither.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let Some((feet, frames)) = text.split_once('-') else {
        return text.parse().ok().filter(|frames| *frames >= 0);
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(feet) || !digits(frames) {
        return None;
    }
    let (feet, frames): (i64, i64) = (feet.parse().ok()?, frames.parse().ok()?);
    if frames >= FRAMES_PER_FOOT {
        return None;
    }
    feet.checked_mul(FRAMES_PER_FOOT)?.checked_add(frames)
}

/// `10-05`.
pub fn shown(frames: i64) -> String {
    format!("{}-{:02}", frames / FRAMES_PER_FOOT, frames % FRAMES_PER_FOOT)
}
