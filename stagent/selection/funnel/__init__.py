"""From a pool of annotated instructions to those worth training on: lexical, semantic, geometric, sampling."""
