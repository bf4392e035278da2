//! shotgun
