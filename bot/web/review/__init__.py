"""The pages of the review application, under /revue."""
