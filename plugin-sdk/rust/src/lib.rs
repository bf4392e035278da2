//! cuebox-plugin
