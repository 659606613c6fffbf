"""Making rows and labels: the world, teachers, seeds, augmentation, counterfactual twins."""
