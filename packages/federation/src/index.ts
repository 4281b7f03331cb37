export { type CostModel, type FieldCostInput, maxCost, readCostModel } from './cost-model.ts';
export { type PlanSummary, summarizePlan } from './plan-summary.ts';
export { type Planned, type Planner, type PlannerOptions, startPlanner } from './planning/planner.ts';
export { withoutSecurityMarker } from './security-marker.ts';
export { type LoadedSupergraph, openSupergraph, type SubgraphLocation, SupergraphError } from './supergraph.ts';
