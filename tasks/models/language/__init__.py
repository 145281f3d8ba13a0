"""What texts say, in English and Chinese: words, figures, denials, likeness."""
