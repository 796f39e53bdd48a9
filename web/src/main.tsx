import { render } from "preact";
import { Page } from "./page";
import "uplot/dist/uPlot.min.css"; // here, not with its chart: a style of its own chunk has Vite add a loader
import "./style.css";

const root = document.getElementById("page");
if (root) render(<Page />, root);
