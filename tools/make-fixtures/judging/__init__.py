"""Runs a built `ligature` over manifests and compares what it does with what they say."""
