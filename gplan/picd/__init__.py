"""Progressive Implicit CoT Distillation: section loss, compression-aware learning rate, trainer."""
