"""The shared ground: schema, intents, response parser, prompts, rule filter, compression, encoding.

Nothing here knows of models or of training stages; every stage folder imports from here.
"""
