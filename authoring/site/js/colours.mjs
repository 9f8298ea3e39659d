// The colours of dcgan_course.drawing.canvas; a test holds them equal.

export const COLOURS = {
  ink: "#1a1a1a",
  grey: "#8a8a8a",
  light: "#e9e9e9",
  paper: "#ffffff",
  blue: "#0072b2",
  sky: "#a6d3ee",
  orange: "#d55e00",
  peach: "#f8d2b3",
  green: "#009e73",
  mint: "#b5e3d4",
  yellow: "#f0e442",
  purple: "#cc79a7",
};

// What words in a colour are written with: dark enough to be read.
export const INKS = {
  ink: "#1a1a1a",
  paper: "#ffffff",
  blue: "#0072b2",
  grey: "#666666",
  orange: "#a84a00",
  green: "#007355",
  purple: "#9c3f74",
};

export const DARK = ["blue"]; // fills on which a number is white
