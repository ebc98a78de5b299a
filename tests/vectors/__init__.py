"""Files written by MXNet's own `mx.recordio`, with a manifest of what they hold."""
