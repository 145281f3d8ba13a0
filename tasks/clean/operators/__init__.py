"""data-juicer's operators over questions and answers: known by their source, checked, guarded, called directly."""
