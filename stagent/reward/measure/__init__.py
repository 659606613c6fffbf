"""How well the verifier does its work: answers rephrased, damaged and made up on purpose."""
