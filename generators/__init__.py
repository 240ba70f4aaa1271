"""Turn (type, parameters, seed) into image bytes: the art, its encoders, registry and workers."""
