"""The broad presets: scenes as different from each other as real recordings are, to train and to test a network."""
