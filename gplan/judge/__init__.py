"""The judge (GPlan, section 5.3): how well a plan flows, is parametrised and meets its moment, without a label."""
