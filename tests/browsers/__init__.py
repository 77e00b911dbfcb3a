"""The ways of students, strangers and the office in browsers other than Chromium."""
